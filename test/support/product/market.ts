// What does a whole market of real programs look like? A nutshell mint, a relay, our provider, and somebody who wants a machine.
import { startNutshell, type Nutshell, type NutshellOptions } from '../peers/nutshell.ts'
import { startAuthRelay, type PeerRelay } from '../peers/relays.ts'
import { consumer, type Consumer } from './consumer.ts'
import { heldSat, outstandingSat } from './money.ts'
import { startProvider, type ProviderDaemon } from './provider-daemon.ts'

export interface Market extends AsyncDisposable {
  readonly mint: Nutshell
  readonly relays: readonly PeerRelay[]
  readonly provider: ProviderDaemon
  readonly buyer: Consumer
  /** The mint counts all its invoices as paid from now on, where it was started with `UNPAID`. */
  payInvoices(): Promise<void>
  /** Sats per holder, each coin checked at the mint, beside what the mint says exists. */
  books(): Promise<Books>
}

/** A mint whose invoices stay open until `payInvoices`: a purchase without money waits there, with its quote in hand. */
export const UNPAID = { inputFeePpk: 100, env: { FAKEWALLET_BRR: 'FALSE' } } satisfies NutshellOptions

export interface Books {
  buyerSat: number
  providerSat: number
  outstandingSat: number
}

export interface MarketOptions {
  mint: NutshellOptions
  /** Without any: one khatru relay. */
  relays?: readonly Promise<PeerRelay>[]
  providerEnv?: Readonly<Record<string, string>>
}

/** Starts everything; the one who calls ends it with `await using`. */
export async function openMarket({
  mint: mintOptions,
  relays: wanted,
  providerEnv,
}: MarketOptions): Promise<Market> {
  const [mint, ...relays] = await Promise.all([startNutshell(mintOptions), ...(wanted ?? [startAuthRelay()])])
  const urls = relays.map(({ url }) => url)
  const provider = await startProvider({
    relays: urls,
    mints: [mint.url],
    ...(providerEnv === undefined ? {} : { env: providerEnv }),
  })
  const buyer = consumer({ relays: urls, mint: mint.url })
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
    books: async () => ({
      buyerSat: await heldSat(buyer.databasePath, mint.url),
      providerSat: await heldSat(provider.databasePath, mint.url),
      outstandingSat: outstandingSat(mint.dir),
    }),
    [Symbol.asyncDispose]: async () => {
      await provider.stop()
      await Promise.all([mint.stop(), ...relays.map((relay) => relay.stop())])
    },
  }
}
