// Which relays took this event?
import { PaygressError } from '../core/errors.ts'
import type { RelayUrl } from '../core/relay-url.ts'
import type { ReasonPrefix } from './relay-frame.ts'
import type { Connect } from './relay-connection.ts'
import type { NostrEvent } from './verify-event.ts'

export interface PublishOptions {
  /** Resolve when this many relays accepted; 1 without it. The others go on until the time-out. */
  minOk?: number
  timeoutMs?: number
  /** A relay that cannot be reached is through; otherwise it is tried again until the time-out. */
  once?: boolean
  signal?: AbortSignal
  /** Each acceptance, also the ones after the promise resolved. */
  onOk?(url: RelayUrl): void
}

export interface PublishFailure {
  url: RelayUrl
  reason: string
  prefix: ReasonPrefix | 'timeout' | 'down' | 'closed' | 'busy'
  /** False only where the event never left this process for that relay. */
  sent: boolean
}

export interface PublishReport {
  ok: RelayUrl[]
  /** Relays that refused, failed or have not answered yet. */
  failed: PublishFailure[]
}

const DEFAULT_TIMEOUT_MS = 10_000

/** Sends the event to all relays; see `RelayHub.publish`. */
export function publishEvent(
  connect: Connect,
  event: NostrEvent,
  relays: readonly RelayUrl[],
  options: PublishOptions,
  closing: AbortSignal,
): Promise<PublishReport> {
  const minOk = Math.min(options.minOk ?? 1, relays.length)
  const ok: RelayUrl[] = []
  const failures = new Map<RelayUrl, PublishFailure>(
    relays.map((url) => [url, { url, reason: 'no answer in time', prefix: 'timeout', sent: false }]),
  )
  const open = new Map<RelayUrl, () => void>()
  const { promise, resolve } = Promise.withResolvers<PublishReport>()
  const report = () =>
    resolve({ ok: [...ok], failed: [...failures.values()].map((failure) => ({ ...failure })) })

  const settle = (url: RelayUrl, accepted: boolean): void => {
    open.get(url)?.()
    open.delete(url)
    if (accepted) {
      failures.delete(url)
      ok.push(url)
      options.onOk?.(url)
    }
    if (ok.length >= minOk || open.size === 0) report()
    if (open.size === 0) release()
  }
  const giveUp = (reason?: string): void => {
    for (const [url, stop] of open) {
      stop()
      if (reason !== undefined && failures.get(url)?.prefix === 'timeout')
        note(failures, url, { reason, prefix: 'closed' })
    }
    open.clear()
    report()
    release()
  }
  const onClosing = () => giveUp('the command ended first')
  const onAbort = () => giveUp('interrupted')
  const timer = setTimeout(() => giveUp(), options.timeoutMs ?? DEFAULT_TIMEOUT_MS)
  const release = (): void => {
    clearTimeout(timer)
    closing.removeEventListener('abort', onClosing)
    options.signal?.removeEventListener('abort', onAbort)
  }
  closing.addEventListener('abort', onClosing)
  options.signal?.addEventListener('abort', onAbort)

  for (const url of relays) open.set(url, () => {})
  for (const url of relays) {
    try {
      const stop = connect(url).publish(event, {
        onSent: () => note(failures, url, { sent: true }),
        onDown: (reason) => {
          note(failures, url, { reason, prefix: 'down' })
          if (options.once === true) settle(url, false)
        },
        onAnswer: (accepted, reason, prefix) => {
          note(failures, url, { reason, prefix })
          settle(url, accepted)
        },
      })
      if (open.has(url)) open.set(url, stop)
    } catch (error) {
      if (!(error instanceof PaygressError)) throw error
      note(failures, url, { reason: error.message, prefix: error.code === 'busy' ? 'busy' : 'down' })
      settle(url, false)
    }
  }
  if (relays.length === 0 || minOk === 0 || options.signal?.aborted === true || closing.aborted) giveUp()
  return promise
}

function note(failures: Map<RelayUrl, PublishFailure>, url: RelayUrl, change: Partial<PublishFailure>): void {
  const failure = failures.get(url)
  if (failure !== undefined) Object.assign(failure, change)
}
