import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { waitForBanner } from '../../src/ssh/banner-probe.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function listen(onConnection: (socket: Socket) => void, port = 0): Promise<number> {
  const server = createServer(onConnection)
  servers.push(server)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function freePort(): Promise<number> {
  const port = await listen(() => undefined)
  const server = servers.pop()
  server?.close()
  return port
}

describe('the probe', () => {
  test('reads the banner, also in pieces and after other lines', async () => {
    const port = await listen((socket) => {
      socket.write('welcome\r\nSSH-2')
      setTimeout(() => socket.write('.0-Test_1.0 x\r\n'), 20)
    })
    expect(await waitForBanner('127.0.0.1', port, AbortSignal.timeout(5_000))).toBe('SSH-2.0-Test_1.0 x')
  })

  test('waits for a server that is not there yet', async () => {
    const port = await freePort()
    const banner = waitForBanner('127.0.0.1', port, AbortSignal.timeout(5_000))
    setTimeout(() => void listen((socket) => socket.write('SSH-2.0-Late\r\n'), port), 150)
    expect(await banner).toBe('SSH-2.0-Late')
  })

  test('gives up with the last reason when its time is over', async () => {
    const port = await freePort()
    const wait = waitForBanner('127.0.0.1', port, AbortSignal.timeout(200))
    await expect(wait).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('ECONNREFUSED') as unknown,
    })
  })

  test('does not take a web server for SSH', async () => {
    const port = await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    const wait = waitForBanner('127.0.0.1', port, AbortSignal.timeout(1_000))
    await expect(wait).rejects.toThrow(/closed the connection without an SSH banner/)
  })

  test('does not read for ever', async () => {
    const port = await listen((socket) => {
      socket.on('error', () => socket.destroy())
      socket.write('x'.repeat(20_000))
    })
    await expect(waitForBanner('127.0.0.1', port, AbortSignal.timeout(1_000))).rejects.toThrow(/is not SSH/)
  })

  test('stops at once when its signal fires', async () => {
    const port = await listen(() => undefined)
    const controller = new AbortController()
    const wait = waitForBanner('127.0.0.1', port, controller.signal)
    const startedAt = performance.now()
    setTimeout(() => controller.abort(), 50)
    await expect(wait).rejects.toMatchObject({ code: 'timeout' })
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })
})
