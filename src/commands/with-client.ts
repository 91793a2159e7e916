// How does a command get its client? Wired from the options, closed whatever happens.
import { PaygressError } from '../core/errors.ts'
import { parseMintUrl } from '../core/mint-url.ts'
import { parseRelayUrl } from '../core/relay-url.ts'
import { type ClientSettings, wireClient, type WiredClient } from '../wiring/wire-client.ts'
import type { Invocation } from './invocation.ts'

const DEFAULT_TIMEOUT_MS = 60_000
const GRACE_MS = 1_500

/** Runs `work` with the wired client of this invocation; sockets and files are let go of afterwards. */
export async function withClient<Result>(
  invocation: Invocation,
  work: (client: WiredClient) => Promise<Result>,
): Promise<Result> {
  const client = await wireClient(clientSettings(invocation))
  try {
    return await Promise.race([work(client), givenUp(invocation.signal)])
  } finally {
    await client.close()
  }
}

/** Rejects a while after the signal: what hears it has ended by then and told more, and nobody waits for the rest. */
function givenUp(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  const error = new PaygressError('interrupted', 'interrupted while waiting for an answer', {
    hint: 'paygress orders recover looks after what is open',
  })
  const giveUp = () => void setTimeout(() => reject(error), GRACE_MS)
  if (signal.aborted) giveUp()
  else signal.addEventListener('abort', giveUp, { once: true })
  return promise
}

/** What the global options say about relays, mint, home and waiting. Throws usage errors. */
function clientSettings({ options, env, terminal, signal }: Invocation): ClientSettings {
  const mint = options.text('mint')
  return {
    env,
    profile: options.text('profile'),
    relays: options.list('relay').map(parseRelayUrl),
    mint: mint === undefined ? undefined : parseMintUrl(mint),
    timeoutMs: options.timeoutMs() ?? DEFAULT_TIMEOUT_MS,
    mintQuestionMs: options.timeoutMs(),
    progress: terminal.progress,
    ask: terminal.ask,
    signal,
  }
}
