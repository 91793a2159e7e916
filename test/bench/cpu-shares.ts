// Whose work is the processor time of a profile? By the nearest caller that says so.

/** What V8's profiler writes, as far as it is read here. */
export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string }; children?: number[] | undefined }[]
  samples?: number[] | undefined
  timeDeltas?: number[] | undefined
}

export type Share = 'mint' | 'relay' | 'ecash' | 'nostr' | 'commits' | 'rest'

/** The first rule that fits a frame decides; frames are asked from the innermost outwards. */
const RULES: readonly [RegExp, Share][] = [
  [/\/test\/bench\/commit-time\.ts/, 'commits'],
  [/\/src\/devnet\/mint\/|\/node:_http_server|^node:_http_server/, 'mint'],
  [/\/src\/devnet\/relay\//, 'relay'],
  [/\/@cashu\/cashu-ts\/|\/src\/cashu\/ecash\.ts|\/src\/wallet\/own-keys\.ts/, 'ecash'],
  [
    /\/src\/nostr\/(?:nip44|conversation-key|verify-event|signer|unwrap-gift|gift-wrap|proof-of-work)\.ts|\/nostr-tools\//,
    'nostr',
  ],
  [/\/src\//, 'rest'],
]

/** Milliseconds of work by whose it is; waiting is nobody's. */
export function cpuShares(profile: CpuProfile): Record<Share, number> {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const parents = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])),
  )
  const shares: Record<Share, number> = { mint: 0, relay: 0, ecash: 0, nostr: 0, commits: 0, rest: 0 }
  const { samples = [], timeDeltas = [] } = profile
  samples.forEach((id, at) => {
    const name = nodes.get(id)?.callFrame.functionName
    // The collector clears away after all of them, each after its part.
    if (name === '(idle)' || name === '(program)' || name === '(garbage collector)') return
    const micros = timeDeltas[at + 1] ?? 0
    shares[shareOf(id)] += micros / 1000
  })
  return shares

  function shareOf(leaf: number): Share {
    for (let id: number | undefined = leaf; id !== undefined; id = parents.get(id)) {
      const url = nodes.get(id)?.callFrame.url ?? ''
      const rule = RULES.find(([pattern]) => pattern.test(url))
      if (rule !== undefined) return rule[1]
    }
    return 'rest'
  }
}
