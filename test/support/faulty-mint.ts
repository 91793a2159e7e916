// How does a mint misbehave on demand? The devnet mint with one-shot faults per path and a log of what was asked.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createMintHandler } from '../../src/devnet/mint/mint-handler.ts'
import type { HttpQuestion } from '../../src/devnet/mint/mint-handler.ts'
import { listen, readQuestion, writeAnswer } from '../../src/devnet/mint/mint-server.ts'
import { openMint } from '../../src/devnet/mint/mint.ts'
import type { RunningMint, StartMintOptions } from '../../src/devnet/mint/start-mint.ts'

/**
 * What goes wrong with one request whose path ends in `path`:
 * drop-before: the socket dies, nothing was done; drop-after: done, then the socket dies; hang: done, never answered, which `hung` is told;
 * 500-before, 500-after: HTTP 500 before or after it was done; refuse: HTTP 400 with this code, nothing done;
 * redirect: HTTP 307 elsewhere, nothing done; mutate: done, but the answer is changed, or kept back until a promise resolves.
 * With `after`, only from the moment on in which a request of that path came: between two requests of a program there is no
 * time to queue anything.
 */
export type MintFault = { path: string; after?: string } & (
  | { kind: 'drop-before' | 'drop-after' | '500-before' | '500-after' }
  | { kind: 'hang'; hung?: () => void }
  | { kind: 'refuse'; code: number; detail?: string }
  | { kind: 'redirect'; to: string }
  | { kind: 'mutate'; change: (body: unknown) => unknown }
)

export interface FaultyMint extends RunningMint {
  /** Faults still to come, oldest first; each is used once. */
  readonly faults: MintFault[]
  /** Every request in order of arrival. */
  readonly requests: HttpQuestion[]
  /** Queues a fault for the next request of its path. */
  failNext(fault: MintFault): void
}

/** Starts a mint that does what it is told, wrong. */
export async function startFaultyMint(options: StartMintOptions = {}): Promise<FaultyMint> {
  const mint = openMint(options)
  const { context, close, ...levers } = mint
  const handler = createMintHandler(mint, options)
  const faults: MintFault[] = []
  const requests: HttpQuestion[] = []
  const queuedAt = new WeakMap<MintFault, number>()
  const isArmed = ({ after }: MintFault, from: number): boolean =>
    after === undefined || requests.slice(from).some(({ path }) => path.endsWith(after))
  const takeFault = (path: string): MintFault | undefined => {
    const index = faults.findIndex(
      (fault) => path.endsWith(fault.path) && isArmed(fault, queuedAt.get(fault) ?? 0),
    )
    return index < 0 ? undefined : faults.splice(index, 1)[0]
  }

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const question = await readQuestion(request)
    if (question === undefined) throw new Error('the body is above 1 MiB')
    requests.push(question)
    const fault = takeFault(question.path)
    const write = (status: number, body: unknown): void =>
      writeAnswer(response, { status, body }, context.clock)
    if (fault?.kind === 'drop-before') return void request.socket.destroy()
    if (fault?.kind === '500-before') return write(500, { detail: 'injected' })
    if (fault?.kind === 'refuse') return write(400, { code: fault.code, detail: fault.detail ?? 'injected' })
    if (fault?.kind === 'redirect') return void response.writeHead(307, { location: fault.to }).end()
    const answer = await handler(question)
    if (fault?.kind === 'drop-after') return void request.socket.destroy()
    if (fault?.kind === 'hang') return fault.hung?.()
    if (fault?.kind === '500-after') return write(500, { detail: 'injected' })
    const { status, body } = answer
    write(status, fault?.kind === 'mutate' ? await fault.change(structuredClone(body)) : body)
  }

  const listening = await listen(
    mint,
    (request, response) =>
      void serve(request, response).catch((error: unknown) => response.destroy(error as Error)),
    options,
  )
  return {
    ...levers,
    url: listening.url,
    faults,
    requests,
    failNext(fault) {
      queuedAt.set(fault, requests.length)
      faults.push(fault)
    },
    async close() {
      await listening.close()
      close()
    },
  }
}
