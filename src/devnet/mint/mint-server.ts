// How do questions reach the mint over HTTP, and answers go back?
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import { PaygressError } from '../../core/errors.ts'
import type { HttpAnswer, HttpQuestion, MintHandler } from './mint-handler.ts'
import type { Mint } from './mint.ts'
import { serveNotifications } from './notifications.ts'

const MAX_BODY_BYTES = 1024 * 1024

export interface ListenOptions {
  /** 127.0.0.1 when not given. */
  host?: string
  /** A free port when 0 or not given. */
  port?: number
}

export interface ListeningMint {
  url: string
  /** Drops every connection and stops listening; the mint itself stays open. */
  close(): Promise<void>
}

/** Serves a listener and the mint's WebSocket. Throws `failed` when the port is taken. */
export async function listen(
  mint: Mint,
  listener: RequestListener,
  { host = '127.0.0.1', port = 0 }: ListenOptions = {},
): Promise<ListeningMint> {
  const server = createServer(listener)
  const notifications = serveNotifications(server, mint.context)
  const bound = await new Promise<AddressInfo>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new PaygressError('failed', `the mint cannot listen on ${host}:${port}: ${cause.message}`, {
          cause,
          hint: 'choose another port, or leave --port out for any free one',
        }),
      )
    })
    server.listen(port, host, () => {
      const address = server.address()
      if (address !== null && typeof address === 'object') resolve(address)
    })
  })
  server.on('error', mint.context.onError)
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound.port}`,
    close: () =>
      new Promise((resolve) => {
        notifications.close()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A listener that reads a request, asks the handler and writes its answer. */
export function mintListener(handler: MintHandler, clock: Clock): RequestListener {
  return (request, response) => {
    // The handler turns its own failures into answers, so what fails here is a client that went away.
    exchange(handler, clock, request, response).catch(() => response.destroy())
  }
}

async function exchange(
  handler: MintHandler,
  clock: Clock,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const question = await readQuestion(request)
  const answer =
    question === undefined
      ? { status: 413, body: { detail: 'the body is above 1 MiB' } }
      : await handler(question)
  writeAnswer(response, answer, clock)
}

/** A request as a value, or undefined if its body is above 1 MiB. Throws if the client goes away. */
export async function readQuestion(request: IncomingMessage): Promise<HttpQuestion | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    const buffer = Buffer.from(chunk as Uint8Array)
    bytes += buffer.length
    if (bytes <= MAX_BODY_BYTES) chunks.push(buffer)
  }
  if (bytes > MAX_BODY_BYTES) return undefined
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
  return { method: request.method ?? 'GET', path, body: Buffer.concat(chunks).toString('utf8') }
}

/** Writes an answer as JSON, dated by the mint's clock: wallets take the mint's time from there. */
export function writeAnswer(response: ServerResponse, answer: HttpAnswer, clock: Clock): void {
  const body = JSON.stringify(answer.body)
  response.sendDate = false
  response.writeHead(answer.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    date: new Date(clock.now()).toUTCString(),
  })
  response.end(body)
}
