// How is a devnet mint started? Opened on its store, served on a loopback port.
import { createMintHandler } from './mint-handler.ts'
import type { HandlerOptions } from './mint-handler.ts'
import { listen, mintListener } from './mint-server.ts'
import type { ListenOptions } from './mint-server.ts'
import { openMint } from './mint.ts'
import type { Mint, MintOptions } from './mint.ts'

export type StartMintOptions = MintOptions & HandlerOptions & ListenOptions

export interface RunningMint extends Omit<Mint, 'close' | 'context'> {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string
  /** Stops listening and closes the store. */
  close(): Promise<void>
}

/** Starts a mint with real signatures and a Lightning that only pretends. Throws `failed` when the port is taken. */
export async function startMint(options: StartMintOptions = {}): Promise<RunningMint> {
  const { context, close, ...levers } = openMint(options)
  const mint: Mint = { context, close, ...levers }
  try {
    const listening = await listen(
      mint,
      mintListener(createMintHandler(mint, options), context.clock),
      options,
    )
    return {
      ...levers,
      url: listening.url,
      async close() {
        await listening.close()
        close()
      },
    }
  } catch (error) {
    close()
    throw error
  }
}
