// With what is a provider checked? The real place of the machines, the real mints and relays; nothing of it stays.
import { dirname, resolve } from 'node:path'
import { connectMint } from '../cashu/connect-mint.ts'
import { PaygressError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { openRelayHub } from '../nostr/relay-hub.ts'
import { relayProbe } from '../nostr/relay-probe.ts'
import { localSigner } from '../nostr/signer.ts'
import { checkProvider, type Finding } from '../provider/check-provider.ts'
import type { Compute } from '../provider/compute-port.ts'
import type { ProviderConfig } from '../provider/provider-config.ts'
import type { ProviderProbes } from '../provider/ports.ts'
import { NEEDED_NUTS } from '../wallet/mint-directory.ts'
import { closeAll } from './close-all.ts'
import { inFolder, PROVIDER_FOLDER } from './data-folder.ts'
import { providerKey } from './provider-settings.ts'
import { systemClock, systemRandom } from './system.ts'
import { wireCompute } from './wire-compute.ts'

/** All findings about a configuration. Throws `config_invalid` where there is no cluster to ask. */
export function wireProviderCheck(config: ProviderConfig, log: Log): Promise<Finding[]> {
  return inFolder(PROVIDER_FOLDER, () => check(config, log))
}

async function check(config: ProviderConfig, log: Log): Promise<Finding[]> {
  const signer = localSigner(providerKey(config).secretKey, systemRandom)
  const hub = openRelayHub({ signer, clock: systemClock, random: systemRandom })
  const compute = await placeToCheck(config, log)
  try {
    return await checkProvider(config, compute, { missingNuts, relay: relayProbe(hub, signer, systemClock) })
  } finally {
    await closeAll([() => hub.close(), () => compute.close()], [])
  }
}

type PlaceToCheck = Pick<Compute, 'check' | 'capacity' | 'trial' | 'close'>

/** Process pods belong to the process that runs them: where that is another one, it is said, and all else is checked. */
async function placeToCheck(config: ProviderConfig, log: Log): Promise<PlaceToCheck> {
  try {
    return await wireCompute(config, dirname(resolve(config.databasePath)), log)
  } catch (error) {
    if (!(error instanceof PaygressError) || error.code !== 'busy') throw error
    const what = `a provider is running, and its machines cannot be looked at beside it: ${error.message}`
    const fix = 'nothing, or stop it and check again to have them looked at, too'
    return {
      check: async () => ({ ok: false, findings: [{ level: 'warn', what, fix }] }),
      capacity: async () => new Map(),
      close: async () => undefined,
    }
  }
}

const missingNuts: ProviderProbes['missingNuts'] = async (mint) => {
  const connection = connectMint(mint, { clock: systemClock })
  try {
    const reply = await connection.info()
    if (reply.status === 'ok') return NEEDED_NUTS.filter((nut) => !reply.value.nuts.includes(nut))
    throw new PaygressError('mint_unreachable', reply.status === 'refused' ? reply.detail : reply.reason)
  } finally {
    await connection.close()
  }
}
