# The second lock. git is about to move references: only moves that stand in the ticket of the process that moves them
# pass, and only while what judged them is still there: the specs of the policy branch, and the server's file. It uses
# nothing but the shell, since git runs it for every reference; where the policy branch has moved meanwhile, it starts
# git once. Sourced by hooks/reference-transaction; why and what: docs/guide/server.md.
#
# shellcheck shell=sh

cd "${GIT_DIR:-.}" || exit 1

state=$1
newline='
'
nothing=0000000000000000000000000000000000000000

no() {
	echo "gitcorpus: $1" >&2
	echo "  hint: $2" >&2
	exit 1
}

started='' branch='' judged='' moves=$newline leans='' server='' lines='' guarded=''
if [ "$state" = prepared ] && [ -r "gitcorpus/tickets/$PPID" ]; then
	while IFS= read -r line; do
		rest=${line#* }
		case $line in
		watched\ * | alone\ *) started=${rest%% *} ;;
		policy\ *) branch=${rest%% *} judged=${rest#* } ;;
		lean\ *) leans=$leans$rest$newline ;;
		move\ *) moves=$moves$rest$newline ;;
		"|"*) server=$server${line#?}$newline ;;
		esac
	done <"gitcorpus/tickets/$PPID"
fi

# Whether the reference stays where it is: git packs it, or takes away the loose file of a packed one.
stays() {
	if [ "$new" = "$nothing" ]; then stays_packed; else stays_loose; fi
}

# A loose file is taken away, and the reference stays in packed-refs. A process that deletes it for good has written
# packed-refs.new without it by now, and holds the lock until that takes the place of packed-refs. The lock of another
# process is no reason to refuse: what that one writes has the reference in it.
stays_packed() {
	grep -Fqsx "$old $ref" packed-refs || return 1
	tries=0
	while [ -e packed-refs.lock ] && ! grep -Fqsx "$old $ref" packed-refs.new; do
		again || return 1
	done
}

# A value is packed: that of the loose file, or the packed one itself if the file has just been taken away. If the file
# has another value, a push has moved the reference since packing began, and the file counts; but a process that moves
# the reference here and now holds its lock.
stays_loose() {
	value=''
	[ -f "$ref" ] && { read -r value <"$ref"; } 2>/dev/null
	case $value in
	"$new") return 0 ;;
	'')
		grep -Fqsx "$new $ref" packed-refs
		return
		;;
	esac
	[ "$old" = "$nothing" ] || return 1
	tries=0
	while [ -e "$ref.lock" ]; do
		again || return 1
	done
}

# Wait a moment for another process; in a second it would have gone on.
again() {
	tries=$((tries + 1))
	[ "$tries" -le 20 ] && sleep 0.05
}

# Whether the server's file has the bytes by which the push was judged.
is_same_server() {
	[ -f gitcorpus/server.yaml ] && [ -r gitcorpus/server.yaml ] || return 1
	found=''
	while IFS= read -r line || [ -n "$line" ]; do
		found=$found$line$newline
	done <gitcorpus/server.yaml
	[ "$found" = "$server" ]
}

# Whether the policy branch has only gone forward, and what judges is the same objects at its new tip.
is_same_policy() {
	[ -n "$leans" ] && [ "$now" != "$nothing" ] || return 1
	rest=$leans wanted=$now$newline$judged$newline^$judged
	set --
	while [ -n "$rest" ]; do
		line=${rest%%"$newline"*} rest=${rest#*"$newline"}
		wanted=$wanted$newline${line%% *}
		set -- "$@" "$now:${line#* }"
	done
	found=$(GIT_NO_REPLACE_OBJECTS=1 git rev-parse "$judged...$now" "$@" 2>/dev/null) || return 1
	[ "$found" = "$wanted" ]
}

while read -r old new ref; do
	lines=$lines$old' '$new' '$ref$newline
	[ "$state" = prepared ] || continue
	case $ref in
	refs/gitcorpus/*) continue ;;
	refs/*) ;;
	*) continue ;;
	esac
	case $moves in
	*"$newline$old $new $ref$newline"*) guarded=yes ;;
	*" $nothing $ref$newline"*) # a deletion, which git announces to packed-refs without the old value
		[ "$old $new" = "$nothing $nothing" ] || no "this move of $ref is not the one that was judged" "push again"
		guarded=yes
		;;
	*)
		stays && continue
		[ -n "$started" ] || no "$ref was not judged: no push through the gate moves it" \
			"push the change; an administrator moves it with: gitcorpus server move"
		no "this move of $ref is not the one that was judged" "push again"
		;;
	esac
done

if [ -n "$guarded" ]; then
	read -r stat <"/proc/$PPID/stat" || no "the process that pushes cannot be seen" "mount /proc, then push again"
	# shellcheck disable=SC2086
	set -- ${stat##*) }
	[ "${20}" = "$started" ] || no "the ticket belongs to another process" "push again"
	if [ -f "$branch" ]; then
		read -r now <"$branch"
	else
		now=$(git rev-parse --verify --quiet "$branch") || now=$nothing
	fi
	if [ "$now" != "$judged" ]; then
		case $moves in
		*" $now $branch$newline"*) ;;
		*)
			is_same_policy ||
				no "the specs changed while this push was judged" "push again, and the new specs judge it"
			;;
		esac
	fi
	[ -z "$server" ] || is_same_server ||
		no "gitcorpus/server.yaml changed while this push was judged" "push again, and the new file counts"
fi

for hook in hooks/reference-transaction.d/*; do
	if [ -x "$hook" ]; then
		printf %s "$lines" | "$hook" "$state" || exit
	fi
done
exit 0
