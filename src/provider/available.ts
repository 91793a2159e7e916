// How many more machines of each spec can be sold now?
import type { SpecId } from '../core/ids.ts'
import type { ProviderContext } from './provider-context.ts'

/** By spec; a missing spec is not limited. What is limited by nobody but its place is what the place says. */
export async function availableNow(
  context: Pick<ProviderContext, 'compute' | 'config' | 'ledger'>,
): Promise<Map<SpecId, number>> {
  const { specs, capacity } = context.config
  const available = await context.compute.capacity(specs)
  if (capacity.size === 0) return available
  const used = usedBySpec(context)
  for (const { id } of specs) {
    const left = leftOf(context, id, used)
    if (left !== undefined) available.set(id, Math.min(available.get(id) ?? left, left))
  }
  return available
}

/** True where the configured number of this spec is sold, by the ledger alone: asks nobody, so that a transaction can ask it. */
export function isSoldOut(context: Pick<ProviderContext, 'config' | 'ledger'>, id: SpecId): boolean {
  return context.config.capacity.has(id) && leftOf(context, id, usedBySpec(context)) === 0
}

function leftOf(
  { config }: Pick<ProviderContext, 'config'>,
  id: SpecId,
  used: ReadonlyMap<SpecId, number>,
): number | undefined {
  const most = config.capacity.get(id)
  return most === undefined ? undefined : Math.max(0, most - (used.get(id) ?? 0))
}

function usedBySpec(context: Pick<ProviderContext, 'ledger'>): Map<SpecId, number> {
  const used = context.ledger.runningBySpec()
  for (const id of context.ledger.openSpawnSpecs()) used.set(id, (used.get(id) ?? 0) + 1)
  return used
}
