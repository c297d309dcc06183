/* Asks the warm gatekeeper, as asking.py does, without starting Python for it.
 *
 *     asking SOCKET HOOK SCRIPT      as the hook HOOK, in the repository's directory; SCRIPT is the hook's own file
 *
 * It does no more than that. Where no gatekeeper takes the push, or other hooks have to run first, it becomes the hook's
 * script again, with the same standard input and the word `python`; where the gatekeeper took the push and gave no
 * answer, with the word `broken`, which refuses. The requests and answers are described in asking.py. `server install`
 * builds it where there is a C compiler; nothing needs it.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE 5  /* most seconds until the gatekeeper takes the push; Python waits on */
#define SILENCE 120 /* most seconds without a word after that */
#define LARGEST (64u << 20)
#define REFUSED 3

#ifndef SOURCE
#define SOURCE "unknown"
#endif
static const char source[] __attribute__((used)) = SOURCE; /* names the text that it was built from */

extern char **environ;

struct text {
	char *data;
	size_t size, room;
};

static struct text input; /* what git wrote to the hook */
static const char *script;

static void fail(const char *why)
{
	fprintf(stderr, "gitcorpus could not judge this push, so it is refused; it is not your fault\n  %s\n", why);
	_exit(REFUSED);
}

static void add(struct text *text, const char *data, size_t size)
{
	if (text->size + size > text->room) {
		text->room = (text->size + size) * 2 + 4096;
		text->data = realloc(text->data, text->room);
		if (text->data == NULL)
			fail("there is no memory left");
	}
	memcpy(text->data + text->size, data, size);
	text->size += size;
}

/* A netstring (https://cr.yp.to/proto/netstrings.txt). */
static void add_field(struct text *text, const char *data, size_t size)
{
	char head[32];

	add(text, head, (size_t)snprintf(head, sizeof(head), "%zu:", size));
	add(text, data, size);
	add(text, ",", 1);
}

/* Writes everything, or tells that it could not. */
static int put(int descriptor, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t done = write(descriptor, data, size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return 0;
		data += done;
		size -= (size_t)done;
	}
	return 1;
}

/* Becomes the hook's script, which goes on in Python with the same standard input. */
static void become_script(const char *word)
{
	int descriptor = memfd_create("push", 0);

	if (descriptor < 0 || !put(descriptor, input.data, input.size) || lseek(descriptor, 0, SEEK_SET) != 0 ||
	    dup2(descriptor, STDIN_FILENO) < 0)
		fail("what git said could not be handed over");
	close(descriptor);
	signal(SIGPIPE, SIG_DFL);
	execl(script, script, word, (char *)NULL);
	fail("the hook could not be started again");
}

static void read_input(void)
{
	char block[65536];

	for (;;) {
		ssize_t size = read(STDIN_FILENO, block, sizeof(block));

		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			fail("what git said could not be read");
		if (size == 0)
			return;
		add(&input, block, (size_t)size);
	}
}

static int has_hooks_before(const char *hook)
{
	char path[256];
	struct stat found;
	int size = snprintf(path, sizeof(path), "hooks/%s.d", hook);

	return size < 0 || (size_t)size >= sizeof(path) || stat(path, &found) == 0 || errno != ENOENT;
}

static void wait_at_most(int connection, int option, time_t seconds)
{
	struct timeval most = {.tv_sec = seconds};

	setsockopt(connection, SOL_SOCKET, option, &most, sizeof(most));
}

/* Returns a connection to the gatekeeper of this account, or -1. */
static int connected(const char *address)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	struct ucred peer;
	socklen_t size = sizeof(peer);
	int connection;

	if (strlen(address) >= sizeof(name.sun_path))
		return -1;
	strcpy(name.sun_path, address);
	connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connection < 0)
		return -1;
	wait_at_most(connection, SO_SNDTIMEO, PATIENCE);
	wait_at_most(connection, SO_RCVTIMEO, PATIENCE);
	if (connect(connection, (struct sockaddr *)&name, sizeof(name)) != 0 ||
	    getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 ||
	    (peer.uid != 0 && peer.uid != geteuid())) /* systemd listens as root, for the gatekeeper that it starts */
		return -1;
	return connection;
}

static int is_first(char **variable, size_t length)
{
	for (char **other = environ; other != variable; other++)
		if (strncmp(*other, *variable, length + 1) == 0)
			return 0;
	return 1;
}

static int ask(int connection, const char *hook)
{
	struct text variables = {0}, parts = {0}, request = {0};
	char *folder = getcwd(NULL, 0);

	if (folder == NULL)
		return 0;
	for (char **variable = environ; *variable != NULL; variable++) {
		const char *value = strchr(*variable, '=');
		size_t length = value == NULL ? 0 : (size_t)(value - *variable);

		if (length == 0 || !is_first(variable, length))
			continue;
		add_field(&variables, *variable, length);
		add_field(&variables, value + 1, strlen(value + 1));
	}
	add_field(&parts, "1", 1);
	add_field(&parts, hook, strlen(hook));
	add_field(&parts, folder, strlen(folder));
	add_field(&parts, variables.data, variables.size);
	add_field(&parts, input.data, input.size);
	add_field(&request, parts.data, parts.size);
	return put(connection, request.data, request.size);
}

/* Reads the next netstring into `answer`; 0 if there is none. What was read beyond it stays in `read_ahead`. */
static int next_answer(int connection, struct text *read_ahead, struct text *answer)
{
	for (;;) {
		char *colon = read_ahead->size ? memchr(read_ahead->data, ':', read_ahead->size) : NULL;
		char block[65536];
		ssize_t size;

		if (colon != NULL) {
			size_t digits = (size_t)(colon - read_ahead->data), wanted = 0, end;

			if (digits == 0 || digits > 9)
				return 0;
			for (size_t at = 0; at < digits; at++) {
				if (read_ahead->data[at] < '0' || read_ahead->data[at] > '9')
					return 0;
				wanted = wanted * 10 + (size_t)(read_ahead->data[at] - '0');
			}
			if (wanted > LARGEST)
				return 0;
			end = digits + 1 + wanted;
			if (read_ahead->size > end) {
				if (read_ahead->data[end] != ',')
					return 0;
				answer->size = 0;
				add(answer, colon + 1, wanted);
				read_ahead->size -= end + 1;
				memmove(read_ahead->data, read_ahead->data + end + 1, read_ahead->size);
				return 1;
			}
		} else if (read_ahead->size > 9) {
			return 0;
		}
		size = recv(connection, block, sizeof(block), 0);
		if (size < 0 && errno == EINTR)
			continue;
		if (size <= 0)
			return 0;
		add(read_ahead, block, (size_t)size);
	}
}

/* The exit code that an answer names, or -1. */
static int exit_code(const struct text *answer)
{
	int code = 0;

	if (answer->size < 2 || answer->size > 4)
		return -1;
	for (size_t at = 1; at < answer->size; at++) {
		if (answer->data[at] < '0' || answer->data[at] > '9')
			return -1;
		code = code * 10 + (answer->data[at] - '0');
	}
	return code > 255 ? -1 : code;
}

int main(int count, char **words)
{
	struct text read_ahead = {0}, answer = {0};
	int connection;

	if (count != 4) {
		fprintf(stderr, "usage: asking SOCKET HOOK SCRIPT\n");
		return REFUSED;
	}
	script = words[3];
	signal(SIGPIPE, SIG_IGN);
	add(&input, "", 0);
	read_input();
	if (has_hooks_before(words[2]))
		become_script("python");
	connection = connected(words[1]);
	if (connection < 0 || !ask(connection, words[2]) || !next_answer(connection, &read_ahead, &answer) ||
	    answer.size != 1 || answer.data[0] != 'A')
		become_script("python");
	wait_at_most(connection, SO_RCVTIMEO, SILENCE);
	while (next_answer(connection, &read_ahead, &answer)) {
		int code;

		if (answer.size > 0 && answer.data[0] == 'L')
			put(STDERR_FILENO, answer.data + 1, answer.size - 1); /* the pusher may have gone */
		if (answer.size == 0 || answer.data[0] != 'X')
			continue;
		code = exit_code(&answer);
		if (code < 0)
			break;
		_exit(code);
	}
	become_script("broken");
}
