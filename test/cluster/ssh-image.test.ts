// Does the machines' image keep its contract, whoever runs it?
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { waitForBanner } from '../../src/ssh/banner-probe.ts'
import { GIVEN, runImage, startImage, type ImageRun } from '../support/full-cluster/image-container.ts'
import { newKeyPair } from '../support/full-cluster/rented-machine.ts'
import { describeOnFullCluster, startFullCluster, type FullCluster } from '../support/peers/full-cluster.ts'
import { systemSsh, type SystemSsh } from '../support/peers/system-ssh.ts'

const PORT = 2299
const buyer = newKeyPair()
const host = newKeyPair()
const PASSWORD = 'correct horse'

const byKey: ImageRun = {
  env: { USER_NAME: 'alice', PUBLIC_KEY_FILE: `${GIVEN}/key`, LISTEN_PORT: String(PORT) },
  files: { key: `${buyer.publicKey}\n`, 'ssh_host_keys/ssh_host_ed25519_key': host.privateKey },
}

describeOnFullCluster("the machines' image", () => {
  let cluster: FullCluster
  beforeAll(async () => {
    cluster = await startFullCluster()
  })
  afterAll(async () => cluster?.stop())

  const password = { USER_PASSWORD_FILE: `${GIVEN}/password`, PASSWORD_ACCESS: 'true' }
  const key = { PUBLIC_KEY_FILE: `${GIVEN}/key` }
  test.each([
    ['without a password or key', {}, 'nobody could log in'],
    ['with a password that opens nothing', { ...password, PASSWORD_ACCESS: 'false' }, 'nobody could log in'],
    ['without the file of the password', { PASSWORD_ACCESS: 'true' }, 'USER_PASSWORD_FILE is not set'],
    ['with a file that is not there', { ...password, USER_PASSWORD_FILE: '/none' }, 'cannot be read'],
    ['with an empty password', { ...password, USER_PASSWORD_FILE: `${GIVEN}/empty` }, 'is empty'],
    ['with two lines of password', { ...password, USER_PASSWORD_FILE: `${GIVEN}/lines` }, 'must be one line'],
    ['with something else than a key', { PUBLIC_KEY_FILE: `${GIVEN}/password` }, 'holds no public key'],
    ['as root', { ...key, USER_NAME: 'root' }, 'USER_NAME is a user of the system'],
    ['as a user of the system', { ...key, USER_NAME: 'daemon' }, 'USER_NAME is a user of the system'],
    ['with a name that is a command', { ...key, USER_NAME: 'a;id' }, 'USER_NAME must be'],
    ['with the id of root', { ...key, PUID: '0' }, 'PUID must be a number'],
    ['with the id of another user', { ...key, PUID: '1' }, 'PUID 1 belongs to'],
    ['with the group of the passwords', { ...key, PGID: '42' }, 'PGID 42 belongs to'],
    ['on a port that is none', { ...key, LISTEN_PORT: '70000' }, 'LISTEN_PORT must be'],
  ])('refuses to start %s', async (_what, env, reason) => {
    const files = { key: buyer.publicKey, password: PASSWORD, empty: '\n', lines: 'one\ntwo\n' }
    const { code, stderr } = await runImage(cluster, { env, files })
    expect(stderr).toContain(reason)
    expect(stderr).not.toContain(PASSWORD)
    expect(code).toBe(78)
  })

  function ssh(change: { identity?: string; password?: string } = { identity: buyer.privateKey }): SystemSsh {
    return systemSsh({
      host: cluster.nodeAddress,
      port: PORT,
      username: 'alice',
      hostKey: host.publicKey,
      ...change,
    })
  }
  const answering = (): Promise<unknown> =>
    waitForBanner(cluster.nodeAddress, PORT, AbortSignal.timeout(20_000))

  test('needs less than a second of work to answer', async () => {
    await using container = await startImage(cluster, byKey)
    await answering()
    // Hundredths of a second: the script's own, its children's. sshd took its place in the same process.
    const fields = readFileSync(`/proc/${await container.pid()}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    expect(ticks).toBeGreaterThan(0)
    expect(ticks).toBeLessThan(100)
  })

  test('has no way to another user where sudo was not asked for', async () => {
    await using _container = await startImage(cluster, { ...byKey, newPrivileges: true })
    await answering()
    expect(await ssh().run('find / -xdev -type f -perm /6000 2>/dev/null; true')).toMatchObject({
      stdout: '',
    })
    expect(await ssh().run('sudo -n id -u')).not.toMatchObject({ code: 0 })
  })

  test('gives root to whom sudo was given, after the password where there is one', async () => {
    const env = { ...byKey.env, SUDO_ACCESS: 'true' }
    {
      await using _container = await startImage(cluster, { ...byKey, env, newPrivileges: true })
      await answering()
      expect(await ssh().run('sudo -n id -u')).toMatchObject({ stdout: '0\n' })
    }
    const run = { ...byKey, env: { ...env, ...password }, files: { ...byKey.files, password: PASSWORD } }
    await using _container = await startImage(cluster, { ...run, newPrivileges: true })
    await answering()
    expect(await ssh().run('sudo -n id -u')).not.toMatchObject({ code: 0 })
    expect(await ssh().run('sudo -S id -u', `${PASSWORD}\n`)).toMatchObject({ stdout: '0\n' })
  })

  test('starts again on the same file system, with the same host key and files', async () => {
    const env = { ...byKey.env, ...password }
    await using container = await startImage(cluster, {
      env,
      files: { ...byKey.files, password: `${PASSWORD}\n` },
    })
    await answering()
    expect(await ssh({ password: PASSWORD }).run('echo kept > file; ls -A')).toMatchObject({ code: 0 })
    await container.kill('SIGTERM')
    await container.startAgain()
    await answering()
    expect(await ssh({ password: PASSWORD }).run('cat file')).toMatchObject({ stdout: 'kept\n' })
  })

  test('buries what its sessions leave behind', async () => {
    await using _container = await startImage(cluster, byKey)
    await answering()
    await ssh().run('setsid sh -c "sleep 0.2 & sleep 0.1" >/dev/null 2>&1 </dev/null & sleep 1')
    expect(await ssh().run('ps -A -o stat= | grep -c ^Z; true')).toMatchObject({ stdout: '0\n' })
  })
})
