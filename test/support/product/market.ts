// What does a whole market of real programs look like? A nutshell mint, a relay, our provider, and somebody who wants a machine.
import { startNutshell, type Nutshell, type NutshellOptions } from '../peers/nutshell.ts'
import { startAuthRelay, type PeerRelay } from '../peers/relays.ts'
import { readJournal } from '../../oracle/journal-file.ts'
import { readMintBooks } from '../../oracle/mint-books.ts'
import { reckon, wrongs } from '../../oracle/reckon.ts'
import { reportOf } from '../../oracle/report.ts'
import { consumer, type Consumer } from './consumer.ts'
import { mintFile } from './money.ts'
import { startProvider, type ProviderDaemon } from './provider-daemon.ts'

export interface Market extends AsyncDisposable {
  readonly mint: Nutshell
  readonly relays: readonly PeerRelay[]
  readonly provider: ProviderDaemon
  readonly buyer: Consumer
  /** The mint counts all its invoices as paid from now on, where it was started with `UNPAID`. */
  payInvoices(): Promise<void>
  /** Asks the oracle, which reads the mint's database and all journals; throws with its table unless each sat is in a wallet or was a fee. */
  settled(): Settled
}

/** A mint whose invoices stay open until `payInvoices`: a purchase without money waits there, with its quote in hand. */
export const UNPAID = { inputFeePpk: 100, env: { FAKEWALLET_BRR: 'FALSE' } } satisfies NutshellOptions

export interface Settled {
  paidInSat: number
  buyerSat: number
  providerSat: number
  feesSat: number
}

export interface MarketOptions {
  mint: NutshellOptions
  /** Without any: one khatru relay. */
  relays?: readonly Promise<PeerRelay>[]
  providerEnv?: Readonly<Record<string, string>>
  /** Where buyer and provider find the mint, if not at its own address. */
  mintUrl?: string
}

/** Starts everything; the one who calls ends it with `await using`. */
export async function openMarket({
  mint: mintOptions,
  relays: wanted,
  providerEnv,
  mintUrl,
}: MarketOptions): Promise<Market> {
  const [mint, ...relays] = await Promise.all([startNutshell(mintOptions), ...(wanted ?? [startAuthRelay()])])
  const urls = relays.map(({ url }) => url)
  const provider = await startProvider({
    relays: urls,
    mints: [mintUrl ?? mint.url],
    ...(providerEnv === undefined ? {} : { env: providerEnv }),
  })
  const buyer = consumer({ relays: urls, mint: mintUrl ?? mint.url })
  return {
    mint,
    relays,
    provider,
    buyer,
    payInvoices: async () => {
      // A clean end would wait for the buyer's web socket.
      await mint.kill()
      await mint.restart({ env: { FAKEWALLET_BRR: 'TRUE' } })
    },
    settled: () => {
      const reckoning = reckon(readMintBooks(mintFile(mint.dir)), [
        readJournal('buyer', buyer.databasePath),
        readJournal('provider', provider.databasePath),
      ])
      const { paidInSat, held, tokens, feesSat, open } = reckoning
      if (wrongs(reckoning).length + tokens.length + open.length > 0) throw new Error(reportOf(reckoning))
      return {
        paidInSat: Number(paidInSat),
        buyerSat: Number(held['buyer']),
        providerSat: Number(held['provider']),
        feesSat: Number(feesSat),
      }
    },
    [Symbol.asyncDispose]: async () => {
      await provider.stop()
      await Promise.all([mint.stop(), ...relays.map((relay) => relay.stop())])
    },
  }
}
