// Has something happened to an invoice? The mint's web socket (NUT-17) says so at once; where there is none, nobody is told.
import type { MintUrl } from '../core/mint-url.ts'

export interface QuoteWatch {
  start(quoteId: string, onNews: () => void): () => void
  close(): Promise<void>
}

/** Watches quotes of one mint, one socket each: a wallet waits for one invoice at a time. */
export function quoteWatch(mint: MintUrl): QuoteWatch {
  const open = new Set<WebSocket>()

  function start(quoteId: string, onNews: () => void): () => void {
    const socket = new WebSocket(`${mint.replace(/^http/, 'ws')}/v1/ws`)
    open.add(socket)
    socket.addEventListener('open', () => {
      const params = { kind: 'bolt11_mint_quote', subId: 'quote', filters: [quoteId] }
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'subscribe', params }))
    })
    // What the message says does not matter: it is asked for over HTTP, where the answer is parsed.
    socket.addEventListener('message', () => onNews())
    socket.addEventListener('close', () => open.delete(socket))
    // A mint without a web socket is polled; the close event that follows cleans up.
    socket.addEventListener('error', () => open.delete(socket))
    return () => {
      open.delete(socket)
      socket.close()
    }
  }

  return {
    start,
    close: async () => {
      for (const socket of open) socket.close()
      open.clear()
      await Promise.resolve()
    },
  }
}
