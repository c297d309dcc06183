# The second lock. git is about to move references: only moves that stand in the ticket of the process that moves them
# pass, and only while the specs that judged them are still those of the policy branch. It uses nothing but the shell,
# since git runs it for every reference. Sourced by hooks/reference-transaction; why and what: docs/guide/server.md.
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

started='' branch='' judged='' moves=$newline lines='' guarded=''
if [ "$state" = prepared ] && [ -r "gitcorpus/tickets/$PPID" ]; then
	while read -r word one two three; do
		case $word in
		watched | alone) started=$one ;;
		policy) branch=$one judged=$two ;;
		move) moves=$moves$one' '$two' '$three$newline ;;
		esac
	done <"gitcorpus/tickets/$PPID"
fi

# Whether the reference stays where it is: git packs it, or takes away the loose file of a packed one. When it deletes
# a packed reference for good, it holds the lock of packed-refs.
stays() {
	if [ "$new" = "$nothing" ]; then
		[ ! -e packed-refs.lock ] && grep -Fqsx "$old $ref" packed-refs
	else
		[ -f "$ref" ] && read -r value <"$ref" && [ "$value" = "$new" ]
	fi
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
		*) no "the specs changed while this push was judged" "push again, and the new specs judge it" ;;
		esac
	fi
fi

for hook in hooks/reference-transaction.d/*; do
	if [ -x "$hook" ]; then
		printf %s "$lines" | "$hook" "$state" || exit
	fi
done
exit 0
