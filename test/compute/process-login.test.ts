import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeSshKeyPair } from '../../src/ssh/key-pair.ts'
import { sshArguments } from '../../src/ssh/ssh-command.ts'
import { writePrivateFile } from '../../src/storage/private-files.ts'
import { finish, rentMachine } from './rented-machine.ts'
import type { RentedMachine } from './rented-machine.ts'

describe('the system’s ssh', { timeout: 20_000 }, () => {
  let rented: RentedMachine
  beforeAll(async () => {
    rented = await rentMachine()
  })
  afterAll(async () => rented.dispose())

  test('logs in with a key and finds itself in the machine’s home as the asked user', async () => {
    const { code, stdout, stderr } = await rented.ssh(['echo "$USER $HOME"; pwd'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toBe(`ann ${rented.home}\n${rented.home}\n`)
  })

  test('logs in with a password that has quotes and blanks', async () => {
    const password = rented.request.password ?? ''
    expect(await rented.sshByPassword(password, ['echo in'])).toMatchObject({ code: 0, stdout: 'in\n' })
  })

  test('is refused with a wrong password, a wrong key and a wrong user', async () => {
    expect(await rented.sshByPassword('wrong', ['true'])).toMatchObject({ code: 255 })
    const stranger = makeSshKeyPair({ bytes: (count) => randomBytes(count) }, 'stranger')
    writePrivateFile(`${rented.folder}/stranger`, stranger.privateKey)
    const identityPath = `${rented.folder}/stranger`
    const others = [
      { ...rented.byKey, identityPath },
      { ...rented.byKey, username: 'root' },
    ]
    for (const target of others) {
      const { code, stderr } = await finish('ssh', ['-F', 'none', ...sshArguments(target, [], ['true'])])
      expect(code).toBe(255)
      expect(stderr).toContain('Permission denied')
    }
  })

  test('refuses a machine with another host key', async () => {
    const other = makeSshKeyPair({ bytes: (count) => randomBytes(count) }, '')
    const knownHostsPath = `${rented.folder}/other_hosts`
    writePrivateFile(knownHostsPath, `${rented.request.podNpub} ${other.publicKey}\n`)
    const { code, stderr } = await finish('ssh', [
      '-F',
      'none',
      ...sshArguments({ ...rented.byKey, knownHostsPath }, [], ['true']),
    ])
    expect(code).toBe(255)
    expect(stderr).toContain('HOST IDENTIFICATION HAS CHANGED')
  })

  test('passes exit codes, stdout and stderr on', async () => {
    expect(await rented.ssh(['echo out; echo err >&2; exit 42'])).toEqual({
      code: 42,
      stdout: 'out\n',
      stderr: 'err\n',
    })
    expect((await rented.ssh(['kill -TERM $$'])).code).toBe(255)
  })

  test('gives the command the shell’s meaning, as sshd does', async () => {
    const { stdout } = await rented.ssh(['for n in 1 2; do', 'echo "$n it\'s"; done', '|', 'tr a-z A-Z'])
    expect(stdout).toBe("1 IT'S\n2 IT'S\n")
  })

  test('sees nothing of the daemon’s environment', async () => {
    process.env['PAYGRESS_TEST_SECRET'] = 'nsec'
    const { stdout } = await rented.ssh(['env'])
    delete process.env['PAYGRESS_TEST_SECRET']
    const names = stdout.split('\n').map((line) => line.split('=')[0])
    const known = [
      'HOME',
      'USER',
      'LOGNAME',
      'SHELL',
      'PATH',
      'LANG',
      'PAYGRESS_LEASE',
      'PWD',
      'SHLVL',
      '_',
      '',
    ]
    expect(names.filter((name) => name !== undefined && !known.includes(name))).toEqual([])
  })

  test('takes large input and gives large output, byte by byte', async () => {
    const bytes = randomBytes(12 * 1024 * 1024).toString('base64')
    const { code, stdout } = await rented.ssh(['cat'], { input: bytes })
    expect(code).toBe(0)
    expect(stdout === bytes).toBe(true)
  })

  test('runs a script from stdin without a terminal', async () => {
    const { code, stdout } = await rented.ssh([], { input: 'echo one\nexit 3\n', flags: ['-T'] })
    expect({ code, stdout }).toEqual({ code: 3, stdout: 'one\n' })
  })

  test('gets a terminal of its size where it asks for one', async () => {
    const { code, stdout } = await rented.ssh(['tty; stty size; echo $TERM; exit 5'], { flags: ['-tt'] })
    expect(code).toBe(5)
    expect(stdout).toMatch(/^\/dev\/pts\/\d+\r\n\d+ \d+\r\n\S+\r\n$/)
  })

  test('works as a person at an interactive shell', async () => {
    const typed = 'echo $((40+2)); exit 6\n'
    const { code, stdout, stderr } = await rented.ssh([], { input: typed, flags: ['-tt'] })
    expect({ code, stdout, stderr }).toMatchObject({ code: 6 })
    expect(stdout).toContain('42\r\n')
  })

  test('sends Ctrl-C at a terminal to what runs there', async () => {
    const args = sshArguments(
      rented.byKey,
      ['-tt'],
      ['trap "echo caught; exit 9" INT; echo up; while :; do sleep 0.1; done'],
    )
    const child = spawn('ssh', ['-F', 'none', ...args], { stdio: 'pipe' })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      if (!output.includes('up') && chunk.includes('up')) child.stdin.write('\u0003')
      output += chunk.toString()
    })
    expect(await once(child, 'close')).toEqual([9, null])
    expect(output).toContain('caught')
  })

  test('runs several commands over one connection at once', async () => {
    const master = [
      `-o`,
      `ControlMaster=auto`,
      `-o`,
      `ControlPath=${rented.folder}/c`,
      '-o',
      'ControlPersist=5',
    ]
    const runs = await Promise.all(
      [1, 2, 3].map(async (n) => {
        if (n > 1) await rented.ssh(['true'], { flags: master })
        return rented.ssh([`echo ${n}`], { flags: master })
      }),
    )
    expect(runs.map(({ stdout }) => stdout)).toEqual(['1\n', '2\n', '3\n'])
    await rented.ssh([], { flags: [...master, '-O', 'exit'] })
  })

  test('forwards a port of the machine, and none of another host', async () => {
    const server = createServer((_, response) => response.end('from inside'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const through = async (destination: string): Promise<string> => {
      const { stdout } = await finish(
        'ssh',
        ['-F', 'none', ...sshArguments(rented.byKey, ['-W', destination])],
        'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      )
      return stdout
    }
    expect(await through(`127.0.0.1:${port}`)).toContain('from inside')
    // The same server by a name that is not loopback.
    expect(await through(`0.0.0.0:${port}`)).toBe('')
    server.close()
  })
})
