#!/bin/sh
# What happens when a machine starts? Its one user is made, gets a password or a key, and sshd takes the place of this script.
#
#   USER_NAME           who may log in                                           paygress
#   PUID, PGID          the ids of that user                                     1000
#   USER_PASSWORD_FILE  a file whose only line is the password                   none
#   PASSWORD_ACCESS     true: the password opens the door; else sudo alone asks  false
#   PUBLIC_KEY_FILE     a file in the format of authorized_keys                  none
#   SUDO_ACCESS         true: the user may become root                           false
#   LISTEN_PORT                                                                  2222
#
# The host keys are /config/ssh_host_keys/ssh_host_*_key; without one a key is made that lasts as long as the container.
# The home is /config. A machine that nobody could log in to refuses to start.
set -eu
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 077

user=${USER_NAME:-paygress}
uid=${PUID:-1000}
gid=${PGID:-1000}
port=${LISTEN_PORT:-2222}
home=/config

refuse() {
  printf 'machine: not started: %s\n' "$*" >&2
  exit 78 # EX_CONFIG
}

# need_number NAME VALUE LARGEST
need_number() {
  case $2 in
    '' | 0* | *[!0-9]* | ??????????*) refuse "$1 must be a number from 1 to $3" ;;
  esac
  [ "$2" -le "$3" ] || refuse "$1 must be a number from 1 to $3"
}

check_names() {
  case $user in
    [!a-z]* | *[!a-z0-9-]*) refuse 'USER_NAME must be lower-case letters, digits and dashes and begin with a letter' ;;
  esac
  [ "${#user}" -le 31 ] || refuse 'USER_NAME is longer than 31 characters'
  need_number PUID "$uid" 999999999
  need_number PGID "$gid" 999999999
  need_number LISTEN_PORT "$port" 65535
}

# A container that is started again has its user already.
make_user() {
  if known=$(getent passwd "$user"); then
    case $known in
      "$user:x:$uid:$gid:"*":$home:"*) return ;;
      *) refuse 'USER_NAME is a user of the system' ;;
    esac
  fi
  if getent passwd "$uid" >/dev/null; then refuse "PUID $uid belongs to a user of the system"; fi
  if getent group "$gid" >/dev/null; then refuse "PGID $gid belongs to a group of the system"; fi
  group=$user
  if getent group "$group" >/dev/null; then group=machine; fi
  groupadd --gid "$gid" "$group"
  # `*` is no password, but unlike the usual `!` it does not lock the account for keys too.
  useradd --uid "$uid" --gid "$gid" --home-dir "$home" --no-create-home --shell /bin/bash --password '*' \
    --no-log-init "$user"
}

# The password passes through built-in commands and a pipe: it is in no argument and in no environment.
set_password() {
  [ -r "$USER_PASSWORD_FILE" ] || refuse 'USER_PASSWORD_FILE cannot be read'
  password=$(cat "$USER_PASSWORD_FILE")
  case $password in
    '') refuse 'USER_PASSWORD_FILE is empty' ;;
    *[[:cntrl:]]*) refuse 'USER_PASSWORD_FILE must be one line without control characters' ;;
  esac
  printf '%s:%s\n' "$user" "$password" | chpasswd --crypt-method YESCRYPT || refuse 'the password cannot be set'
  unset password
}

set_key() {
  ssh-keygen -l -f "$PUBLIC_KEY_FILE" >/dev/null 2>&1 || refuse 'PUBLIC_KEY_FILE holds no public key'
  install -d -m 755 /etc/ssh/authorized_keys
  install -m 644 "$PUBLIC_KEY_FILE" "/etc/ssh/authorized_keys/$user"
}

# Once only: what the user made of the home since then stays. Nothing in it is touched as root, for links lead elsewhere.
make_home() {
  mkdir -p "$home"
  [ "$(stat -c %u "$home")" != "$uid" ] || return 0
  chmod 755 "$home"
  chown "$uid:$gid" "$home"
  setpriv --reuid "$uid" --regid "$gid" --clear-groups -- \
    sh -c "umask 022 && cp /etc/skel/.[a-z]* '$home'" || printf 'machine: the home has no start-up files\n' >&2
}

# Copies, because sshd wants keys that only root can read, and a mounted one may be anything.
take_host_keys() {
  mounted=$home/ssh_host_keys
  if [ -d "$mounted" ] && [ ! -L "$mounted" ] && [ "$(stat -c %u "$mounted")" = 0 ]; then
    for key in "$mounted"/ssh_host_*_key; do
      if [ -f "$key" ]; then install -m 600 "$key" /etc/ssh/; fi
    done
  fi
  for key in /etc/ssh/ssh_host_*_key; do
    if [ -f "$key" ]; then return; fi
  done
  ssh-keygen -q -t ed25519 -N '' -C '' -f /etc/ssh/ssh_host_ed25519_key
}

allow_sudo() {
  ask='NOPASSWD: '
  if [ -n "${USER_PASSWORD_FILE:-}" ]; then ask=; fi
  printf '%s ALL=(ALL:ALL) %sALL\n' "$user" "$ask" >/etc/sudoers.d/machine
  chmod 440 /etc/sudoers.d/machine
  chmod 4755 /usr/bin/sudo
}

check_names
by_password=no
if [ "${PASSWORD_ACCESS:-}" = true ]; then
  [ -n "${USER_PASSWORD_FILE:-}" ] || refuse 'PASSWORD_ACCESS is true, but USER_PASSWORD_FILE is not set'
  by_password=yes
elif [ -z "${PUBLIC_KEY_FILE:-}" ]; then
  refuse 'nobody could log in: set PUBLIC_KEY_FILE, or USER_PASSWORD_FILE and PASSWORD_ACCESS=true'
fi

make_user
if [ -n "${USER_PASSWORD_FILE:-}" ]; then set_password; fi
if [ -n "${PUBLIC_KEY_FILE:-}" ]; then set_key; fi
make_home
take_host_keys
if [ "${SUDO_ACCESS:-}" = true ]; then allow_sudo; fi

# sshd refuses a place for its unprivileged half that others may write to.
install -d -m 755 /run/sshd
umask 022
# Nothing of the container's own environment, such as the cluster's addresses, goes on.
exec env -i PATH="$PATH" /usr/sbin/sshd -D -e -p "$port" -o "AllowUsers=$user" -o "PasswordAuthentication=$by_password"
