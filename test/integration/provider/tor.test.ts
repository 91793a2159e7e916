// Selling machines over Tor: which address a buyer is told, which a repeat makes, and what stays hidden.
import { afterEach, expect, test } from 'vitest'
import { isOnionAddress } from '../../../src/core/onion.ts'
import { parseReply } from '../../../src/protocol/reply.ts'
import type { MachineRequest } from '../../../src/provider/compute-port.ts'
import type { KubernetesConfig } from '../../../src/provider/provider-config.ts'
import { ask, lockedPurchase, openProvider, startWorld } from '../../support/provider/test-provider.ts'
import type { RunningProvider } from '../../support/provider/test-provider.ts'

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** Buys one machine of a provider with this cluster; gives the access and all that was reserved. */
async function buy(kubernetes: Partial<KubernetesConfig>) {
  const world = await startWorld()
  closing.push(() => world.close())
  const requests: MachineRequest[] = []
  const provider = await openProvider(world, {
    config: {
      kubernetes: {
        namespace: 'user-workloads',
        sshHost: '127.0.0.1',
        holdImage: 'paygress/ssh:latest',
        exposure: 'nodeport',
        namespacePerPod: false,
        ...kubernetes,
      },
    },
    compute: {
      reserve: async (request) => {
        requests.push(request)
        return world.compute.reserve(request)
      },
    },
  })
  closing.push(() => provider.stop())
  const { message } = await lockedPurchase(world, provider)
  const content = (await ask(provider, message)) ?? ''
  const reply = parseReply('spawn', content)
  if (reply?.outcome !== 'done') throw new Error(`refused: ${content}`)
  return { access: reply.message, content, requests, provider }
}

const features = async ({ board }: RunningProvider): Promise<unknown> => {
  await expect.poll(() => board.published.length).toBeGreaterThan(0)
  return JSON.parse(board.published.at(-1) ?? '')
}

test('a machine with Tor beside it has an address of either kind, and the secret key stays', async () => {
  const { access, content, requests, provider } = await buy({ torImage: 'tor:1' })
  expect(access.ssh_host).toBe('127.0.0.1')
  expect(isOnionAddress(access.onion_address ?? '')).toBe(true)
  const onion = requests[0]?.onion
  expect(onion?.address).toBe(access.onion_address)
  expect(content).not.toContain(onion?.secretKey)
  expect(provider.log.join('\n')).not.toContain(onion?.secretKey)
  expect(await features(provider)).toMatchObject({ features: expect.arrayContaining(['tor']) })
})

test('a machine without a port is told of by its onion address', async () => {
  const { access } = await buy({ torImage: 'tor:1', exposure: 'none', sshHost: '' })
  expect(access.ssh_host).toBe(access.onion_address)
  expect(isOnionAddress(access.ssh_host ?? '')).toBe(true)
  expect(access.instructions[2]).toContain('Over Tor only')
})

test('a provider without Tor says nothing of it', async () => {
  const { access, requests, provider } = await buy({})
  expect(access.onion_address).toBeUndefined()
  expect(requests[0]).not.toHaveProperty('onion')
  expect(await features(provider)).toMatchObject({ features: expect.not.arrayContaining(['tor']) })
})
