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
  /** Sats per holder, each coin checked at the mint, beside what the mint says exists. */
  books(): Promise<Books>
}

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
