// Is the daemon alive, and does it serve? `/healthz` and `/readyz` for whoever keeps it running.
import { createServer, type ServerResponse } from 'node:http'
import { PaygressError } from '../core/errors.ts'

export interface HealthOptions {
  host: string
  port: number
  /** What must be true before requests are served, by name. */
  readiness(): Readonly<Record<string, boolean>>
}

export interface HealthListener {
  port: number
  close(): Promise<void>
}

const HEADERS_MS = 5_000

/** Listens; throws `config_invalid` where the address cannot be had. */
export async function openHealth({ host, port, readiness }: HealthOptions): Promise<HealthListener> {
  const server = createServer(
    { requestTimeout: HEADERS_MS, headersTimeout: HEADERS_MS },
    (request, response) => {
      const path = request.url?.split('?')[0]
      if (request.method !== 'GET' && request.method !== 'HEAD')
        return answer(response, 405, { error: 'only GET' })
      if (path === '/healthz') return answer(response, 200, { ok: true })
      if (path !== '/readyz') return answer(response, 404, { error: 'there is /healthz and /readyz' })
      const checks = readiness()
      const ok = Object.values(checks).every(Boolean)
      return answer(response, ok ? 200 : 503, { ok, ...checks })
    },
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new PaygressError('config_invalid', `health cannot be served at ${host}:${port}: ${cause.message}`, {
          hint: 'choose another BIND_ADDR',
          cause,
        }),
      ),
    )
    server.listen(port, host, resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answer(response: ServerResponse, status: number, body: Readonly<Record<string, unknown>>): void {
  const text = `${JSON.stringify(body)}\n`
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}
