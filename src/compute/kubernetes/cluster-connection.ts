// How does a request get to the API server and its answer back?
import type { KubeConfig, RequestContext, ResponseContext } from '@kubernetes/client-node'
import type { Clock } from '../../core/clock.ts'
import { problemOf, unreadableAnswer } from './api-problem.ts'
import type { ApiProblem } from './api-problem.ts'
import { loadKubeconfig } from './kubeconfig.ts'
import type { KubeconfigChoice } from './kubeconfig.ts'
import { serverClock, type ServerClock } from './server-clock.ts'

export interface ApiRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Begins with a slash. */
  path: string
  query?: Readonly<Record<string, string>>
  body?: unknown
  /** Of the body; JSON when not given. A PATCH has to say which kind it is. */
  contentType?: string
  signal?: AbortSignal
}

export type ApiAnswer = { ok: true; body: unknown } | { ok: false; problem: ApiProblem }
export type ApiStream = { ok: true; chunks: AsyncIterable<Uint8Array> } | { ok: false; problem: ApiProblem }

export interface ClusterConnection {
  /** One request, one answer; never rejects: no answer is the problem `unavailable`. */
  send(request: ApiRequest): Promise<ApiAnswer>
  /** A request whose answer comes bit by bit; the chunks reject when the connection breaks. */
  open(request: ApiRequest): Promise<ApiStream>
  readonly serverClock: Pick<ServerClock, 'offsetSec' | 'now'>
  close(): Promise<void>
}

const TIMEOUT_MS = 10_000

/** Reads the kubeconfig; connects at the first request. Throws `config_invalid`. */
export async function connectCluster(choice: KubeconfigChoice, clock: Clock): Promise<ClusterConnection> {
  const { IsomorphicFetchHttpLibrary, RequestContext: Context } = await import('@kubernetes/client-node')
  const config = overHttp1(await loadKubeconfig(choice))
  const http = new IsomorphicFetchHttpLibrary()
  const base = (config.getCurrentCluster()?.server ?? '').replace(/\/$/, '')
  const sockets = socketsOf(config)
  const server = serverClock(clock)

  async function fetchAnswer(request: ApiRequest, signal: AbortSignal): Promise<ResponseContext> {
    const url = new URL(base + request.path)
    for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value)
    const context = new Context(url.toString(), request.method)
    context.setHeaderParam('Accept', 'application/json')
    if (request.body !== undefined) {
      context.setHeaderParam('Content-Type', request.contentType ?? 'application/json')
      context.setBody(JSON.stringify(request.body))
    }
    await sockets.authenticate(context)
    context.setSignal(signal)
    const heard = server.asked()
    const answer = await http.send(context).toPromise()
    if (answer.httpStatusCode === 401) sockets.renew()
    heard(answer.headers['date'])
    return answer
  }

  return {
    send: async (request) => {
      const timeout = AbortSignal.timeout(TIMEOUT_MS)
      const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal])
      try {
        const { httpStatusCode: status, body } = await fetchAnswer(request, signal)
        const parsed = parseJson(await body.text())
        if (status < 200 || status >= 300) return { ok: false, problem: problemOf(status, parsed) }
        // The API server answers everything with an object: this is somebody on the way to it.
        return isObject(parsed)
          ? { ok: true, body: parsed }
          : { ok: false, problem: unreadableAnswer(status) }
      } catch (error) {
        return { ok: false, problem: noAnswer(error) }
      }
    },
    open: async (request) => {
      try {
        const signal = request.signal ?? AbortSignal.timeout(TIMEOUT_MS)
        const { httpStatusCode: status, body } = await fetchAnswer(request, signal)
        if (status !== 200) return { ok: false, problem: problemOf(status, parseJson(await body.text())) }
        const chunks = body.stream()
        if (chunks === null) return { ok: false, problem: noAnswer(new Error('the answer is empty')) }
        return { ok: true, chunks }
      } catch (error) {
        return { ok: false, problem: noAnswer(error) }
      }
    },
    serverClock: server,
    close: async () => sockets.close(),
  }
}

/**
 * Without HTTP/2: where a request is aborted before its answer began, undici 8 leaves its stream on the connection with nobody to hear its
 * error, and the end of that connection then ends the process.
 */
function overHttp1(config: KubeConfig): KubeConfig {
  const optionsOf = config.createDispatcherOptions.bind(config)
  config.createDispatcherOptions = (...given) => {
    const options = optionsOf(...given)
    switch (options.type) {
      case 'none':
        return { type: 'agent', connect: { allowH2: false } }
      case 'agent':
        return { ...options, connect: { ...options.connect, allowH2: false } }
      case 'proxy':
      case 'socks':
        return { ...options, requestTls: { ...options.requestTls, allowH2: false } }
    }
  }
  return config
}

type Dispatcher = NonNullable<ReturnType<RequestContext['getDispatcher']>>

// The library makes new sockets for every request; the ones of the first are kept until the credentials are refused.
function socketsOf(config: KubeConfig): {
  authenticate(context: RequestContext): Promise<void>
  renew(): void
  close(): Promise<void>
} {
  let kept: Dispatcher | undefined
  let closing: Promise<void>[] = []
  const renew = (): void => {
    if (kept !== undefined) closing.push(kept.close())
    kept = undefined
  }
  return {
    authenticate: async (context) => {
      await config.applySecurityAuthentication(context)
      kept ??= context.getDispatcher()
      if (kept !== undefined) context.setDispatcher(kept)
    },
    renew,
    close: async () => {
      const last = kept
      kept = undefined
      await Promise.allSettled([...closing, last?.destroy()])
      closing = []
    },
  }
}

function isObject(parsed: unknown): boolean {
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A proxy or a dying server: the status says what there is to say.
    return undefined
  }
}

function noAnswer(error: unknown): ApiProblem {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error
  const reason = cause instanceof Error ? cause.message : String(cause)
  return { kind: 'unavailable', status: 0, message: `the API server did not answer (${reason})` }
}
