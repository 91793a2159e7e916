// Which name can a buyer log in with? One rule for both sides, so that nothing is paid for a name that is refused.

const NAME = /^[a-z][a-z0-9-]{2,30}$/
// The image creates the user; a name that a system user begins with is mistaken for it, and the machine never gets ready.
const SYSTEM_USERS: readonly string[] = [
  // Every Linux, and Alpine of all years
  'root',
  'bin',
  'daemon',
  'adm',
  'lp',
  'sync',
  'shutdown',
  'halt',
  'mail',
  'news',
  'uucp',
  'operator',
  'man',
  'postmaster',
  'cron',
  'ftp',
  'sshd',
  'at',
  'squid',
  'xfs',
  'games',
  'postgres',
  'cyrus',
  'vpopmail',
  'ntp',
  ...['smmsp', 'guest', 'nobody', 'alias', 'qmaild', 'utmp', 'svn', 'klogd', 'dhcp', 'nginx'],
  // Debian and Ubuntu
  'sys',
  'proxy',
  'www-data',
  'backup',
  'list',
  'irc',
  'gnats',
  'messagebus',
  'ubuntu',
  'polkitd',
  'syslog',
  ...['systemd-network', 'systemd-resolve', 'systemd-timesync', 'tss', 'uuidd', 'tcpdump', 'dbus'],
  // Images of linuxserver
  'abc',
]

/** Why this cannot be a login name, to be read after its name or field; undefined where it can. */
export function loginNameProblem(name: string): string | undefined {
  if (!NAME.test(name)) return 'must be 3 to 31 lower-case letters, digits or dashes and begin with a letter'
  if (SYSTEM_USERS.some((user) => user.startsWith(name))) return 'is the name of a user of the system'
  return undefined
}
