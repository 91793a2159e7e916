// Do the probes of a cluster learn the truth?
import { expect, test } from 'vitest'
import { openHealth } from '../../src/doors/health.ts'

async function answers(readiness: Record<string, boolean>) {
  const health = await openHealth({ host: '127.0.0.1', port: 0, readiness: () => readiness })
  const ask = async (path: string, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${health.port}${path}`, { method })
    return { status: response.status, body: await response.json().catch(() => undefined) }
  }
  return { health, ask }
}

test('alive is not ready: a daemon without a relay is not sent traffic', async () => {
  const { health, ask } = await answers({ serving: true, relay: false })
  expect(await ask('/healthz')).toEqual({ status: 200, body: { ok: true } })
  expect(await ask('/readyz?verbose')).toEqual({
    status: 503,
    body: { ok: false, serving: true, relay: false },
  })
  await health.close()
})

test('a daemon that serves is ready, and tells nothing else', async () => {
  const { health, ask } = await answers({ serving: true, relay: true })
  expect((await ask('/readyz')).status).toBe(200)
  expect((await ask('/metrics')).status).toBe(404)
  expect((await ask('/healthz', 'POST')).status).toBe(405)
  await health.close()
})

test('an address that is taken is a mistake of the configuration', async () => {
  const { health } = await answers({})
  await expect(
    openHealth({ host: '127.0.0.1', port: health.port, readiness: () => ({}) }),
  ).rejects.toMatchObject({
    code: 'config_invalid',
  })
  await health.close()
})
