// What does an independent implementation of NIP-17, 44 and 59 write and accept? Each call runs test/peers/rust-nostr/peer.py.
import { join } from 'node:path'
import * as z from 'zod'
import { peerPath } from './require-peer.ts'
import { runOnce } from './run-once.ts'
import { temporaryFolder } from './temporary-folder.ts'

const tags = z.array(z.array(z.string()))
const eventSchema = z.object({
  id: z.string(),
  pubkey: z.string(),
  created_at: z.number(),
  kind: z.number(),
  tags,
  content: z.string(),
  sig: z.string(),
})
const rumorSchema = eventSchema.omit({ sig: true })
const unwrappedSchema = z.object({ sender: z.string(), rumor: rumorSchema })

export type RustEvent = z.infer<typeof eventSchema>
export type RustUnwrapped = z.infer<typeof unwrappedSchema>

/** Keys are 64 hex characters. A refusal throws `rust-nostr refused: <its words>`. */
export const rustNostr = {
  /** NIP-17 message (rumor kind 14) as a kind 1059 event; `tags` are added to the rumor's `p`. */
  wrap: async (message: {
    secretKey: string
    recipient: string
    text: string
    tags?: string[][]
  }): Promise<RustEvent> => eventSchema.parse(await ask({ op: 'wrap', ...message })),

  /** Checks seal and sender as well. */
  unwrap: async (wrapped: { secretKey: string; event: object }): Promise<RustUnwrapped> =>
    unwrappedSchema.parse(await ask({ op: 'unwrap', ...wrapped })),

  /** NIP-44 v2. */
  encrypt: async (plain: { secretKey: string; peer: string; text: string }): Promise<string> =>
    z.string().parse(await ask({ op: 'encrypt', ...plain })),

  /** NIP-44 v2. */
  decrypt: async (secret: { secretKey: string; peer: string; payload: string }): Promise<string> =>
    z.string().parse(await ask({ op: 'decrypt', ...secret })),
}

async function ask(request: object): Promise<unknown> {
  const { code, stdout, stderr } = await runOnce(
    {
      command: join(peerPath('rust-nostr'), 'venv', 'bin', 'python'),
      args: [join(import.meta.dirname, '../../peers/rust-nostr/peer.py')],
      cwd: temporaryFolder('rust-nostr'),
    },
    JSON.stringify(request),
  )
  if (code !== 0) throw new Error(`rust-nostr ${stderr.trim()}`)
  return JSON.parse(stdout)
}
