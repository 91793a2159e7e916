// Could this provider serve? Cluster, mints and relays, a line each, with what to do about it.
import { toPaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { RelayUrl } from '../core/relay-url.ts'
import type { Compute, ComputeFinding } from './compute-port.ts'
import type { ProviderProbes } from './ports.ts'
import type { ProviderConfig } from './provider-config.ts'

export interface Finding {
  about: 'machines' | 'mint' | 'relay'
  level: 'ok' | 'warn' | 'fail'
  what: string
  fix?: string
}

/** All findings; what is tried out for them is taken away again. */
export async function checkProvider(
  config: Pick<ProviderConfig, 'mints' | 'relays' | 'specs'>,
  compute: Pick<Compute, 'check' | 'capacity' | 'trial'>,
  probes: ProviderProbes,
): Promise<Finding[]> {
  const [machines, mints, relays] = await Promise.all([
    checkMachines(config, compute),
    Promise.all(config.mints.map((mint) => checkMint(mint, probes))),
    Promise.all(config.relays.map((relay) => checkRelay(relay, probes))),
  ])
  return [...machines, ...mints, ...relays]
}

async function checkMachines(
  { specs }: Pick<ProviderConfig, 'specs'>,
  compute: Pick<Compute, 'check' | 'capacity' | 'trial'>,
): Promise<Finding[]> {
  try {
    const { findings, ok } = await compute.check()
    const found = findings.map(aboutMachines)
    if (!ok) return found
    const room = await compute.capacity(specs)
    const tried = (await compute.trial?.()) ?? []
    return [...found, ...tried.map(aboutMachines), ...specs.map(({ id }) => roomFor(id, room.get(id)))]
  } catch (error) {
    const { message, hint } = toPaygressError(error)
    return [{ about: 'machines', level: 'fail', what: message, ...(hint === undefined ? {} : { fix: hint }) }]
  }
}

function aboutMachines(finding: ComputeFinding): Finding {
  return { about: 'machines', ...finding }
}

function roomFor(spec: string, count: number | undefined): Finding {
  if (count === undefined) return { about: 'machines', level: 'ok', what: `no limit for ${spec}` }
  if (count > 0) return { about: 'machines', level: 'ok', what: `room for ${count} × ${spec}` }
  return {
    about: 'machines',
    level: 'warn',
    what: `no room for ${spec} now`,
    fix: 'free ports, raise the quota, or add nodes',
  }
}

async function checkMint(mint: MintUrl, probes: ProviderProbes): Promise<Finding> {
  try {
    const missing = await probes.missingNuts(mint)
    if (missing.length === 0) return { about: 'mint', level: 'ok', what: `${mint} can lock payments` }
    const what = `${mint} lacks NUT ${missing.join(', ')}: payments there cannot be locked`
    return {
      about: 'mint',
      level: 'warn',
      what,
      fix: 'add a mint to WHITELISTED_MINTS that has NUT 7, 9, 10, 11 and 12',
    }
  } catch (error) {
    const what = `${mint} does not answer: ${toPaygressError(error).message}`
    return { about: 'mint', level: 'fail', what, fix: 'check the address in WHITELISTED_MINTS' }
  }
}

async function checkRelay(url: RelayUrl, probes: ProviderProbes): Promise<Finding> {
  const { offers, inbox, reason } = await probes.relay(url)
  if (reason !== undefined)
    return {
      about: 'relay',
      level: 'fail',
      what: `${url}: ${reason}`,
      fix: 'check the address in NOSTR_RELAYS',
    }
  if (offers && inbox)
    return { about: 'relay', level: 'ok', what: `${url} serves offers and private messages` }
  const what = offers
    ? `${url} does not serve private messages (kind 1059) to us`
    : `${url} does not serve offers (kind 999)`
  return { about: 'relay', level: 'warn', what, fix: 'use another relay beside it' }
}
