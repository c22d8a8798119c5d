# What the labs that source this file share: LAB is a lab's folder, AS the command that drops root's rights, NAME its name.
# shellcheck shell=bash
umask 022
NAME=$(basename "$0")
LAB=${NAGARE_LAB_DIR:-${TMPDIR:-/tmp}/nagare-test-labs}/$NAME
# Nothing needs root once installed. setpriv, unlike su, becomes the program: the id we note is the server's own.
AS=(); [ "$(id -u)" != 0 ] || AS=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
# shellcheck disable=SC2034 # for configuration files
USER_NAME=$([ "$(id -u)" = 0 ] && echo nobody || id -un)
# shellcheck disable=SC2034
GROUP_NAME=$([ "$(id -u)" = 0 ] && echo nogroup || id -gn)

die() { echo "the lab $NAME $*" >&2; exit 1; }
# A pid file may outlive its process and the id be given to another: ours is only what names this lab in its command.
ours() { tr '\0' ' ' <"/proc/$(cat "$LAB/$1.pid")/cmdline" | grep -qF "$LAB"; } 2>/dev/null
# A process that was started a moment ago may not have become the program yet, which `ours` looks for.
alive() { kill -0 "$(cat "$LAB/$1.pid")"; } 2>/dev/null
get() { curl -fsS --noproxy '*' -m 5 "$@" 2>/dev/null; }

install_packages() {
  local package missing=()
  for package in "$@"; do
    [ "$(dpkg-query -Wf '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || die "needs these Debian packages, or root to install them: ${missing[*]}"
  if [ ! -e /usr/sbin/policy-rc.d ]; then # no package may start a service of its own
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d
  fi
  export DEBIAN_FRONTEND=noninteractive
  # An unreachable extra repository is no reason to stop: the install says what is really missing.
  { apt-get -qq update || true; apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold \
    install -y --no-install-recommends "${missing[@]}"; } </dev/null >"$LAB/install.log" 2>&1 ||
    die "could not install ${missing[*]}: $(tail -2 "$LAB/install.log")"
}

own_folder() { # give the lab's folder to the user that its servers run as
  if [ ${#AS[@]} -gt 0 ]; then chown -R nobody:nogroup "$LAB"; fi
  "${AS[@]}" test -w "$LAB" || die "cannot write to $LAB as nobody: set NAGARE_LAB_DIR"
}

start() { # start NAME COMMAND…: in a process group of its own, unless it runs
  local name=$1 && shift
  if ours "$name"; then return; fi
  setsid "${AS[@]}" "$@" </dev/null >"$LAB/$name.log" 2>&1 &
  echo $! >"$LAB/$name.pid"
}

stop() { # stop NAME: its process, and those that it started
  if ours "$1"; then
    local pid; pid=$(cat "$LAB/$1.pid")
    kill "$pid"
    for _ in $(seq 100); do ours "$1" || break; sleep .1; done
    kill -KILL -- "-$pid" 2>/dev/null || true
  fi
  rm -f "$LAB/$1.pid"
}

wait_until_up() { # wait_until_up NAME…: print URL as soon as `answers` is true; give up if one of the servers ends
  local name
  for _ in $(seq 300); do
    if answers; then echo "$URL"; return; fi
    sleep .1
    for name in "$@"; do alive "$name" || break 2; done
  done
  die "did not answer: $(cd "$LAB" && tail -qn 2 "${@/%/.log}")"
}
