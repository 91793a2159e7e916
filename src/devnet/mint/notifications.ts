// How does a wallet hear of a payment without asking? It subscribes on a WebSocket. (NUT-17)
import type { Server } from 'node:http'
import type { WebSocket } from 'ws'
import { WebSocketServer } from 'ws'
import * as z from 'zod'
import { parseJson } from '../../core/parse-json.ts'
import { wireState } from './lookups.ts'
import { getMeltQuote } from './melt.ts'
import type { ChangeKind, MintContext } from './mint-context.ts'
import { getMintQuote } from './mint-quotes.ts'
import { MintRefusal } from './refusal.ts'

const MAX_FILTERS = 1000
const MAX_SUBSCRIPTIONS = 100
const MAX_MESSAGE_BYTES = 256 * 1024

const rpcId = z.union([z.number(), z.string()])
const subId = z.string().min(1).max(128)
const command = z.discriminatedUnion('method', [
  z.object({
    id: rpcId,
    method: z.literal('subscribe'),
    params: z.object({
      kind: z.enum(['bolt11_mint_quote', 'bolt11_melt_quote', 'proof_state']),
      filters: z.array(z.string().max(128)).max(MAX_FILTERS),
      subId,
    }),
  }),
  z.object({ id: rpcId, method: z.literal('unsubscribe'), params: z.object({ subId }) }),
])

interface Subscription {
  kind: ChangeKind
  filters: ReadonlySet<string>
}

/** Serves `/v1/ws` on a server; close the returned object before the server. */
export function serveNotifications(server: Server, context: MintContext): { close(): void } {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES })
  sockets.on('connection', (socket) => serveSocket(socket, context))
  server.on('upgrade', (request, socket, head) => {
    if (request.url === '/v1/ws') {
      sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit('connection', opened, request))
    } else socket.destroy()
  })
  return {
    close() {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
    },
  }
}

function serveSocket(socket: WebSocket, context: MintContext): void {
  const subscriptions = new Map<string, Subscription>()
  const send = (message: object): void => socket.send(JSON.stringify({ jsonrpc: '2.0', ...message }))
  const notify = (subId: string, kind: ChangeKind, id: string): void => {
    currentState(context, kind, id).then(
      (payload) => {
        if (payload !== undefined) send({ method: 'subscribe', params: { subId, payload } })
      },
      (error: unknown) => context.onError(error),
    )
  }
  const onChange = (kind: ChangeKind, id: string): void => {
    for (const [subId, wanted] of subscriptions)
      if (wanted.kind === kind && wanted.filters.has(id)) notify(subId, kind, id)
  }

  context.listeners.add(onChange)
  socket.on('close', () => context.listeners.delete(onChange))
  socket.on('error', () => socket.terminate())
  socket.on('message', (data) => {
    const request = command.safeParse(parseJson(Buffer.isBuffer(data) ? data.toString('utf8') : '')).data
    if (request === undefined)
      return send({ id: null, error: { code: -32600, message: 'not a request of NUT-17' } })
    const { id, method, params } = request
    if (
      method === 'subscribe' &&
      !subscriptions.has(params.subId) &&
      subscriptions.size >= MAX_SUBSCRIPTIONS
    ) {
      return send({ id, error: { code: -32000, message: 'too many subscriptions' } })
    }
    if (method === 'unsubscribe') subscriptions.delete(params.subId)
    else subscriptions.set(params.subId, { kind: params.kind, filters: new Set(params.filters) })
    send({ id, result: { status: 'OK', subId: params.subId } })
    if (method === 'subscribe') for (const filter of params.filters) notify(params.subId, params.kind, filter)
  })
}

// Nothing is told about a quote this mint does not know.
async function currentState(context: MintContext, kind: ChangeKind, id: string): Promise<object | undefined> {
  try {
    if (kind === 'proof_state') return wireState(context.store, id)
    return kind === 'bolt11_mint_quote' ? getMintQuote(context, id) : await getMeltQuote(context, id)
  } catch (error) {
    if (error instanceof MintRefusal) return undefined
    throw error
  }
}
