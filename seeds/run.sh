#!/bin/sh
# Starts a forum with the seeds in it: run.sh BUILD DATA [ADDR:PORT]
#
# The first run makes the data directory, an account for each role with a
# random password, and loads the seeds as ordinary commands; later runs keep
# what is there. The passwords lie in DATA/accounts, readable by its owner
# only. Nothing here is for a forum that strangers reach: staff sign in
# without a second factor.

set -eu
build=$1
data=$2
listen=${3:-127.0.0.1:8080}
here=$(cd "$(dirname "$0")" && pwd)

password()
{
	od -An -tx1 -N9 /dev/urandom | tr -d ' \n'
}

# account NAME ROLE: makes it and notes its password.
account()
{
	p=$(password)
	printf '%s\n' "$p" | "$build/forumctl" --data "$new" user add "$1" \
	    --role "$2" --password-stdin >/dev/null
	printf '%s\t%s\t%s\n' "$2" "$1" "$p" >>"$new/accounts"
}

if [ ! -f "$data/accounts" ]; then
	[ ! -e "$data" ] || [ -z "$(ls -A "$data")" ] || {
		echo "run: $data holds something else; set FORUMD_DATA" >&2
		exit 1
	}
	# Made beside it and moved into place when whole.
	new=$data.new
	rm -rf "$new"
	mkdir -m 700 -p "$new"
	(umask 077 && : >"$new/accounts")
	echo "run: making a forum with the seeds in $data"
	account rosa reader
	account milan moderator
	account edda editor
	account ada admin
	"$build/forumctl" --data "$new" seed "$here" >/dev/null
	[ ! -d "$data" ] || rmdir "$data"
	mv "$new" "$data"
fi

url=http://$listen
echo
echo "  a reader's page      $url/"
echo "  a moderator's page   $url/review"
echo "  an editor's page     $url/desk"
echo
echo "  sign in at $url/sign-in as"
while IFS='	' read -r role name pass; do
	printf '    %-10s %-8s password %s\n' "$role" "$name" "$pass"
done <"$data/accounts"
echo "  (the passwords lie in $data/accounts)"
echo
exec "$build/forumd" --data "$data" --listen "$listen" \
    --set "site_title=The Courier: comments" --set staff_code=off
