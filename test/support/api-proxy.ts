// How does the way to the API server fail at a certain request? A proxy in front of it that loses answers or gives its own.
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import * as z from 'zod'
import { atEnd } from './peers/at-end.ts'
import { temporaryFolder } from './peers/temporary-folder.ts'

export interface ProxiedRequest {
  method: string
  /** With its query. */
  path: string
}

export interface ApiProxyHooks {
  /** The request was done; false loses the answer. */
  tells?(asked: ProxiedRequest): boolean
  /** An answer of the proxy's own; the API server never hears of the request. */
  instead?(asked: ProxiedRequest): { status: number; body: unknown } | undefined
}

export interface ApiProxy extends AsyncDisposable {
  /** The same user of the same cluster, by way of the proxy: path of another kubeconfig. */
  through(kubeconfig: string): string
}

const configSchema = z.looseObject({
  clusters: z.tuple([
    z.looseObject({
      cluster: z.looseObject({ server: z.string(), 'certificate-authority-data': z.string() }),
    }),
  ]),
})

/** Starts a proxy on a loopback port, in front of the cluster of a kubeconfig. */
export async function startApiProxy(kubeconfig: string, hooks: ApiProxyHooks): Promise<ApiProxy> {
  const { cluster } = readConfig(kubeconfig).clusters[0]
  const ca = Buffer.from(cluster['certificate-authority-data'], 'base64')

  const serve = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const asked = { method: incoming.method ?? '', path: incoming.url ?? '' }
    const own = hooks.instead?.(asked)
    if (own !== undefined) {
      incoming.resume()
      outgoing.writeHead(own.status, { 'content-type': 'application/json' }).end(JSON.stringify(own.body))
      return
    }
    const url = new URL(asked.path, cluster.server)
    const { host: _, ...headers } = incoming.headers
    const sent = request(url, { method: asked.method, headers, ca }, (answer) => {
      if (hooks.tells?.(asked) === false) {
        answer.resume()
        incoming.socket.destroy()
        return
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      outgoing.flushHeaders()
      answer.pipe(outgoing)
      answer.on('error', () => outgoing.destroy())
    })
    sent.on('error', () => outgoing.destroy())
    outgoing.on('close', () => sent.destroy())
    incoming.pipe(sent)
  }

  const server = createServer(serve).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  const close = async (): Promise<void> => {
    if (!server.listening) return
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  atEnd(close)
  return {
    through: (path) => {
      const config = readConfig(path)
      const [{ cluster: direct }] = config.clusters
      const server = `http://127.0.0.1:${address.port}`
      const proxied = { ...direct, server, 'insecure-skip-tls-verify': true }
      const clusters = [{ ...config.clusters[0], cluster: proxied }]
      const into = join(temporaryFolder('proxy'), 'kubeconfig')
      writeFileSync(into, stringify({ ...config, clusters }), { mode: 0o600 })
      return into
    },
    [Symbol.asyncDispose]: close,
  }
}

function readConfig(path: string): z.output<typeof configSchema> {
  return configSchema.parse(parse(readFileSync(path, 'utf8')))
}
