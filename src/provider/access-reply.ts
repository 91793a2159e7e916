// What does a buyer get to read when the machine is ready?
import { isOnionAddress } from '../core/onion.ts'
import { toSafeNumber } from '../core/money.ts'
import type { AccessReply } from '../protocol/spawn.ts'
import type { TopupReply } from '../protocol/topup.ts'
import { formatDuration } from '../core/duration.ts'
import type { Lease } from './lease.ts'
import type { SpawnOrder, TopupOrder } from './orders.ts'

/** `2025-09-23T15:30:00Z`: whole seconds, rounded down. */
export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, 'Z')
}

/** Whole seconds of a lease's paid time. */
function paidSeconds(lease: Pick<Lease, 'paidFrom' | 'paidUntil'>): number {
  return Math.max(0, Math.round((lease.paidUntil - lease.paidFrom) / 1000))
}

/** The content of the reply to a spawn. */
export function accessReply(order: SpawnOrder, lease: Lease, creditMsat: bigint): string {
  const { spec, machine } = order
  const reply: AccessReply = {
    pod_npub: machine.podNpub,
    node_port: lease.port,
    expires_at: isoTime(lease.paidUntil),
    cpu_millicores: spec.cpuMillicores,
    memory_mb: spec.memoryMb,
    pod_spec_name: spec.name,
    pod_spec_description: spec.description,
    instructions: instructions(order, lease),
    order_id: order.orderId,
    ssh_host: lease.host,
    ssh_username: machine.username,
    ...(machine.password === undefined ? {} : { ssh_password: machine.password }),
    ssh_host_key: machine.hostPublicKey,
    ...(machine.onion === undefined ? {} : { onion_address: machine.onion.address }),
    duration_seconds: paidSeconds(lease),
    credited_msat: toSafeNumber(creditMsat),
    pod_name: machine.podName,
  }
  return JSON.stringify(reply)
}

function instructions(order: SpawnOrder, lease: Lease): string[] {
  const { spec, machine } = order
  const byPassword =
    machine.authorizedKey === undefined
      ? '-o PreferredAuthentications=password -o PubkeyAuthentication=no '
      : ''
  return [
    '🚀 SSH access available:',
    '',
    isOnionAddress(lease.host)
      ? 'Over Tor only, with Tor on your machine:'
      : 'Direct access (no kubectl needed):',
    `   ssh ${byPassword}${machine.username}@${lease.host} -p ${lease.port}`,
    ...(machine.password === undefined ? [] : [`   Password: ${machine.password}`]),
    '',
    '⚠️  Pod expires at:',
    `   ${isoTime(lease.paidUntil).replace('T', ' ').replace('Z', ' UTC')}`,
    '',
    '📋 Pod Details:',
    `   Pod NPUB: ${machine.podNpub}`,
    `   Specification: ${spec.name} (${spec.description})`,
    `   CPU: ${spec.cpuMillicores} millicores`,
    `   Memory: ${spec.memoryMb} MB`,
    `   Duration: ${paidSeconds(lease)} seconds`,
  ]
}

/** The content of the reply to a top-up. */
export function topupReply(order: TopupOrder, lease: Lease, boughtSec: number): string {
  const reply: TopupReply = {
    success: true,
    pod_npub: lease.podNpub,
    extended_duration_seconds: boughtSec,
    new_expires_at: isoTime(lease.paidUntil),
    message: `Pod extended by ${formatDuration(boughtSec)}; it now runs until ${isoTime(lease.paidUntil)}`,
    order_id: order.orderId,
  }
  return JSON.stringify(reply)
}
