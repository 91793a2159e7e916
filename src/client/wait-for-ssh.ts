// Does the new machine's SSH server really answer from here?
import { PaygressError } from '../core/errors.ts'
import { isOnionAddress } from '../core/onion.ts'
import type { Client, Pod } from './ports.ts'

const TIMEOUT_MS = 120_000

/** True once the banner came; false (with a note) where it did not within two minutes: the pod is paid for and may still be coming. */
export async function waitForSsh(
  { ssh, progress }: Pick<Client, 'ssh' | 'progress'>,
  pod: Pod,
  signal: AbortSignal,
): Promise<boolean> {
  if (pod.host === '') {
    progress.note(`the provider did not say where the machine is: paygress status ${pod.name}`)
    return false
  }
  if (isOnionAddress(pod.host)) {
    progress.note(`the machine answers over Tor only, in a minute or two: paygress ssh ${pod.name}`)
    return false
  }
  progress.step('waiting for SSH')
  try {
    const answered = await ssh.answers({ host: pod.host, port: pod.port, timeoutMs: TIMEOUT_MS, signal })
    if (!answered)
      progress.note(
        `${pod.host}:${pod.port} does not answer yet: paygress ssh ${pod.name}, or paygress stop ${pod.name} brings the unused time back`,
      )
    return answered
  } catch (error) {
    if (!signal.aborted) throw error
    throw new PaygressError(
      'interrupted',
      'interrupted while waiting for SSH; the machine is paid and yours',
      {
        hint: `paygress ssh ${pod.name}`,
        details: { order_id: pod.orderId, pod_npub: pod.npub },
      },
    )
  }
}
