import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import ssh2 from 'ssh2'
import type { ClientChannel, ExecOptions } from 'ssh2'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rentMachine } from './rented-machine.ts'
import type { RentedMachine } from './rented-machine.ts'

// What a person does with a window and the keyboard, done by a client that can do it without either.
describe('a client with a window', { timeout: 20_000 }, () => {
  let rented: RentedMachine
  let client: ssh2.Client
  beforeAll(async () => {
    rented = await rentMachine()
    const { host, port } = rented.machine
    const { username, password = '' } = rented.request
    client = new ssh2.Client()
    client.connect({ host, port, username, password })
    await once(client, 'ready')
  })
  afterAll(async () => {
    client.end()
    await once(client, 'close')
    await rented.dispose()
  })

  async function exec(
    command: string,
    options: ExecOptions = {},
  ): Promise<{ channel: ClientChannel; seen(): string }> {
    return new Promise((resolve, reject) => {
      client.exec(command, options, (error, channel) => {
        if (error !== undefined) return reject(error)
        let output = ''
        channel.on('data', (chunk: Buffer) => void (output += chunk.toString()))
        return resolve({ channel, seen: () => output })
      })
    })
  }

  test('gets a terminal of its size and tells it of a new one', async () => {
    const { channel, seen } = await exec(
      'trap "stty size; exit 4" WINCH; stty size; while :; do sleep 0.05; done',
      {
        pty: { rows: 33, cols: 101, term: 'vt100' },
      },
    )
    await expect.poll(seen).toContain('33 101\r\n')
    channel.setWindow(40, 120, 0, 0)
    const [code] = (await once(channel, 'exit')) as [number | null]
    expect(code).toBe(4)
    expect(seen()).toContain('40 120\r\n')
  })

  test('sends a signal to a command, with and without a terminal', async () => {
    for (const options of [{}, { pty: true }]) {
      const { channel, seen } = await exec(
        'trap "echo got it; exit 8" USR1; echo up; while :; do sleep 0.05; done',
        options,
      )
      await expect.poll(seen).toContain('up')
      channel.signal('USR1')
      const [code] = (await once(channel, 'exit')) as [number | null]
      expect(code).toBe(8)
      expect(seen()).toContain('got it')
    }
  })

  test('hears which signal ended a command', async () => {
    const { channel } = await exec('kill -KILL $$')
    expect((await once(channel, 'exit')).slice(0, 2)).toEqual([null, 'SIGKILL'])
  })

  test('leaves nothing running on a terminal that it closed', async () => {
    const { channel, seen } = await exec('echo $$; exec sleep 307', { pty: true })
    await expect.poll(seen).toMatch(/^\d+\r\n/)
    const pid = Number(seen().trim())
    await expect.poll(() => commandOf(pid)).toContain('sleep')
    channel.close()
    await expect.poll(() => commandOf(pid)).toBe('')
  })
})

// A killed process without a parent that asks for its exit code keeps its number, but runs nothing any more.
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}
