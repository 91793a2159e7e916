// Which requests does a wallet send to a mint (NUT-01 to 09, 17, 23)?
import type { Clock } from '../core/clock.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { Output, Proof } from '../wallet/ecash-port.ts'
import type { MintConnection } from '../wallet/mint-port.ts'
import {
  infoAnswer,
  keysAnswer,
  keysetsAnswer,
  quoteAnswer,
  restoreAnswer,
  signaturesAnswer,
  statesAnswer,
} from './mint-answers.ts'
import { mintHttp } from './mint-http.ts'
import { quoteWatch } from './quote-watch.ts'

const STATES_PER_REQUEST = 100

/** The connection to one mint; opens nothing by itself. `timeoutMs` is the time-out of one request, `questionMs` that of a question. */
export function connectMint(
  mint: MintUrl,
  options: { clock: Clock; timeoutMs?: number; questionMs?: number | undefined },
): MintConnection {
  const { clock, timeoutMs = 15_000, questionMs } = options
  const http = mintHttp({ url: mint, clock, timeoutMs, questionMs })
  const watch = quoteWatch(mint)

  const states: MintConnection['states'] = async (ys, signal) => {
    const found: Awaited<ReturnType<MintConnection['states']>> = { status: 'ok', value: [] }
    for (let at = 0; at < ys.length; at += STATES_PER_REQUEST) {
      const part = ys.slice(at, at + STATES_PER_REQUEST)
      const body = JSON.stringify({ Ys: part })
      const reply = await http.ask('/v1/checkstate', statesAnswer, { body, signal })
      if (reply.status !== 'ok') return reply
      for (const y of part) {
        const state = reply.value.find((one) => one.y === y)
        if (state === undefined) return { status: 'unanswered', reason: 'it left a proof out of its answer' }
        found.value.push(state)
      }
    }
    return found
  }

  return {
    info: (signal) => http.ask('/v1/info', infoAnswer, { signal }),
    keysets: (signal) => http.ask('/v1/keysets', keysetsAnswer, { signal }),
    keys: async (keysetId, signal) => {
      const reply = await http.ask(`/v1/keys/${keysetId}`, keysAnswer, { signal })
      if (reply.status !== 'ok') return reply
      const keyset = reply.value.keysets.find(({ id }) => id === keysetId)
      if (keyset === undefined) return { status: 'unanswered', reason: 'it did not show the keys asked for' }
      return { status: 'ok', value: keyset.keys }
    },
    swap: (inputs, outputs, signal) =>
      http.ask('/v1/swap', signaturesAnswer, {
        body: JSON.stringify({ inputs: inputs.map(wireProof), outputs: outputs.map(wireOutput) }),
        signal,
      }),
    createQuote: ({ amountSat, unit, pubkey }, signal) =>
      http.ask('/v1/mint/quote/bolt11', quoteAnswer, {
        body: JSON.stringify({
          unit,
          amount: wireAmount(amountSat),
          ...(pubkey === undefined ? {} : { pubkey }),
        }),
        signal,
      }),
    quote: (quoteId, signal) =>
      http.ask(`/v1/mint/quote/bolt11/${encodeURIComponent(quoteId)}`, quoteAnswer, { signal }),
    mint: ({ quoteId, outputs, signature }, signal) =>
      http.ask('/v1/mint/bolt11', signaturesAnswer, {
        body: JSON.stringify({
          quote: quoteId,
          outputs: outputs.map(wireOutput),
          ...(signature === undefined ? {} : { signature }),
        }),
        signal,
      }),
    states,
    restore: (outputs, signal) =>
      http.ask('/v1/restore', restoreAnswer, {
        body: JSON.stringify({ outputs: outputs.map(wireOutput) }),
        signal,
      }),
    lastKnownTime: () => http.lastKnownTime(),
    watchQuote: (quoteId, onNews) => watch.start(quoteId, onNews),
    close: () => watch.close(),
  }
}

interface WireOutput {
  amount: number
  id: string
  B_: string
}

interface WireProof {
  amount: number
  id: string
  secret: string
  C: string
  witness?: string
}

function wireOutput({ amountSat, keysetId, B_ }: Output): WireOutput {
  return { amount: wireAmount(amountSat), id: keysetId, B_ }
}

// Without the DLEQ proof: it would tell the mint which of its signatures this is.
function wireProof({ amountSat, keysetId, secret, C, witness }: Proof): WireProof {
  return {
    amount: wireAmount(amountSat),
    id: keysetId,
    secret,
    C,
    ...(witness === undefined ? {} : { witness }),
  }
}

function wireAmount(amountSat: bigint): number {
  const amount = Number(amountSat)
  if (!Number.isSafeInteger(amount)) throw new RangeError('an amount is too large for a mint')
  return amount
}
