// Does the linter refuse every import that the layers forbid, and none that they allow?
import { beforeAll, describe, expect, test } from 'vitest'
import { type Complaint, complaintsAbout } from './linted-tree.ts'

type Case = [file: string, imported: string]

const FORBIDDEN: Case[] = [
  ['src/core/money.ts', 'node:crypto'],
  ['src/core/money.ts', 'fs'],
  ['src/core/money.ts', '../protocol/offer.ts'],
  ['src/core/money.ts', '@noble/curves/secp256k1.js'],
  ['src/protocol/offer.ts', '../client/buy-pod.ts'],
  ['src/protocol/offer.ts', 'nostr-tools/nip19'],
  ['src/protocol/offer.ts', 'node:buffer'],
  ['src/wallet/send.ts', '../client/ports.ts'],
  ['src/wallet/send.ts', '../cashu/token.ts'],
  ['src/wallet/send.ts', '@cashu/cashu-ts'],
  ['src/wallet/send.ts', 'node:fs/promises'],
  ['src/client/buy-pod.ts', '../provider/refund.ts'],
  ['src/client/buy-pod.ts', '../nostr/relay-hub.ts'],
  ['src/client/buy-pod.ts', '../terminal/table.ts'],
  ['src/client/buy-pod.ts', '../wiring/wire-client.ts'],
  ['src/client/buy-pod.ts', 'node:child_process'],
  ['src/client/buy-pod.ts', '@noble/curves/secp256k1.js'],
  ['src/provider/daemon.ts', '../client/ports.ts'],
  ['src/provider/daemon.ts', '../doors/http/server.ts'],
  ['src/provider/daemon.ts', 'node:net'],
  ['src/commands/buy.ts', '../nostr/relay-hub.ts'],
  ['src/commands/buy.ts', '../storage/paths.ts'],
  ['src/commands/buy.ts', '../program.ts'],
  ['src/commands/buy.ts', 'chalk'],
  ['src/commands/buy.ts', 'commander'],
  ['src/program.ts', './main.ts'],
  ['src/program.ts', './cashu/token.ts'],
  ['src/wiring/wire-client.ts', '../commands/buy.ts'],
  ['src/wiring/wire-client.ts', 'nostr-tools/pool'],
  ['src/nostr/relay-hub.ts', '../cashu/token.ts'],
  ['src/nostr/relay-hub.ts', '../client/buy-pod.ts'],
  ['src/nostr/relay-hub.ts', '../terminal/table.ts'],
  ['src/cashu/token.ts', '../wallet/operations.ts'],
  ['src/cashu/token.ts', '../wallet/deep/mint-port.ts'],
  ['src/compute/kubernetes/manifest.ts', '../../storage/paths.ts'],
  ['src/compute/kubernetes/manifest.ts', 'ssh2'],
  ['src/compute/process/pods.ts', '@kubernetes/client-node'],
  ['src/compute/process/pods.ts', 'node:sqlite'],
  ['src/storage/database.ts', '../wallet/operations.ts'],
  ['src/ssh/banner.ts', '../compute/process/pods.ts'],
  ['src/telemetry/metrics.ts', '../storage/paths.ts'],
  ['src/doors/http/server.ts', '../../client/buy-pod.ts'],
  ['src/doors/http/server.ts', '../../storage/paths.ts'],
  ['src/doors/mcp/consumer.ts', '../../provider/refund.ts'],
  ['src/devnet/mint/server.ts', '../../cashu/token.ts'],
  ['src/devnet/mint/server.ts', '../../nostr/relay-hub.ts'],
  ['src/devnet/mint/server.ts', '@cashu/cashu-ts'],
  ['src/terminal/table.ts', '../wiring/wire-client.ts'],
  ['src/terminal/table.ts', 'left-pad'],
  ['src/client/far.ts', '../../test/support/relay.ts'],
  ['src/lost/file.ts', '../core/money.ts'],
]

const ALLOWED: Case[] = [
  ['src/core/npub.ts', '@scure/base'],
  ['src/core/spec.ts', 'zod'],
  ['src/core/spec.ts', './money.ts'],
  ['src/protocol/quote.ts', '../core/money.ts'],
  ['src/protocol/quote.ts', '@noble/hashes/sha2.js'],
  ['src/wallet/restore.ts', '@scure/bip39'],
  ['src/wallet/restore.ts', '../protocol/offer.ts'],
  ['src/client/open-ssh.ts', '../wallet/send.ts'],
  ['src/provider/refund.ts', '../wallet/send.ts'],
  ['src/provider/refund.ts', './ports.ts'],
  ['src/main.ts', './program.ts'],
  ['src/main.ts', 'commander'],
  ['src/main.ts', './terminal/table.ts'],
  ['src/commands/wallet/fund.ts', '../../terminal/table.ts'],
  ['src/commands/wallet/fund.ts', '../../wiring/wire-client.ts'],
  ['src/commands/wallet/fund.ts', '../../client/buy-pod.ts'],
  ['src/wiring/wire-provider.ts', '../nostr/relay-hub.ts'],
  ['src/wiring/wire-provider.ts', '../provider/daemon.ts'],
  ['src/wiring/wire-provider.ts', '../compute/kubernetes/manifest.ts'],
  ['src/nostr/signer.ts', '../client/ports.ts'],
  ['src/nostr/signer.ts', 'nostr-tools/pure'],
  ['src/nostr/signer.ts', 'ws'],
  ['src/cashu/keysets.ts', '../wallet/ports.ts'],
  ['src/compute/spec.ts', '../provider/compute-port.ts'],
  ['src/compute/kubernetes/api.ts', '../../ssh/banner.ts'],
  ['src/compute/kubernetes/api.ts', '@kubernetes/client-node'],
  ['src/compute/process/login.ts', '../../storage/paths.ts'],
  ['src/compute/process/login.ts', 'ssh2'],
  ['src/ssh/keys.ts', '../storage/paths.ts'],
  ['src/storage/settings.ts', 'conf'],
  ['src/storage/settings.ts', 'node:sqlite'],
  ['src/doors/gift-wrap.ts', '../nostr/relay-hub.ts'],
  ['src/doors/gift-wrap.ts', '../provider/handle-spawn.ts'],
  ['src/doors/mcp/consumer.ts', '../../client/buy-pod.ts'],
  ['src/devnet/relay/server.ts', '../../nostr/verify-event.ts'],
  ['src/devnet/relay/server.ts', '../../cashu/mint-crypto.ts'],
  ['src/devnet/relay/server.ts', '../../storage/paths.ts'],
  ['src/devnet/relay/server.ts', 'ws'],
]

const KINDS_OF_IMPORT: Record<string, string> = {
  'type.ts': "import type { A } from '../provider/a.ts'",
  'lazy.ts': "export const a = () => import('../provider/a.ts')",
  'again.ts': "export { a } from '../provider/a.ts'",
  'all.ts': "export * from '../provider/a.ts'",
  'side-effect.ts': "import '../provider/a.ts'",
  'type-query.ts': "export type A = import('../provider/a.ts').A",
  'computed.ts': 'export const a = (name: string) => import(name)',
}

/** Each file of `cases` with all its imports, one a line, under the first line that every file has. */
function sources(cases: Case[]): Record<string, string> {
  const files: Record<string, string> = {}
  for (const [file, imported] of cases) {
    files[file] = `${files[file] ?? '// What is this?\n'}import '${imported}'\n`
  }
  return files
}

/** The line on which `sources` puts an import. */
function lineOf(cases: Case[], [file, imported]: Case): number {
  const imports = cases.filter(([other]) => other === file).map(([, other]) => other)
  return imports.indexOf(imported) + 2
}

const layersOnly = (complaints: Complaint[]): Complaint[] =>
  complaints.filter(({ rule }) => rule === 'paygress(layers)')

describe('layers', () => {
  let complaints: Complaint[] = []
  beforeAll(async () => {
    const kinds = Object.entries(KINDS_OF_IMPORT).map(([name, line]) => [
      `src/client/${name}`,
      `// What?\n${line}\n`,
    ])
    complaints = layersOnly(await complaintsAbout({ ...sources(FORBIDDEN), ...Object.fromEntries(kinds) }))
  })

  test.each(FORBIDDEN)('%s may not import %s', (file, imported) => {
    const line = lineOf(FORBIDDEN, [file, imported])
    expect(complaints).toContainEqual(expect.objectContaining({ file, line }))
  })

  test.each(Object.keys(KINDS_OF_IMPORT))('sees the import in %s', (name) => {
    expect(complaints.map(({ file }) => file)).toContain(`src/client/${name}`)
  })

  test('say what was imported and who may', () => {
    const about = (file: string): string[] =>
      complaints.filter((it) => it.file === file).map((it) => it.message)
    expect(about('src/commands/buy.ts')).toContain(
      'src/commands may not import chalk: only src/terminal may.',
    )
    expect(about('src/wallet/send.ts')).toContain(
      'src/wallet may not import src/cashu/token.ts. Beside itself it may import: protocol/, core/.',
    )
  })

  test('allow every import of the house', async () => {
    expect(layersOnly(await complaintsAbout(sources(ALLOWED)))).toEqual([])
  })
})
