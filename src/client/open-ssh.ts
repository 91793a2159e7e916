// What does `ssh` need to know to enter one of our pods?
import { PaygressError } from '../core/errors.ts'
import { findPod } from './find-pod.ts'
import { leastSecondsLeft, placeOfPodEnd } from './place-of-end.ts'
import type { Client, Pod, SshTarget } from './ports.ts'

/**
 * Where and how to log in to a pod that a person named. To try costs nothing, and clocks may be wrong: a paid time that seems to be over
 * is noted, no more. Throws `unknown_pod`, `ambiguous_name`, `pod_ended`.
 */
export function openSsh(client: Pick<Client, 'orders' | 'clock' | 'progress'>, name: string): SshTarget {
  const pod = findPod(client.orders, name)
  if (pod.state !== 'running') throw ended(pod, `it is ${pod.state}`)
  if (leastSecondsLeft(client, pod) === 0) {
    const why =
      placeOfPodEnd(client, pod) === 'over'
        ? 'it is by this clock'
        : 'this clock and that of its mint do not agree'
    client.progress.note(
      `the paid time of ${pod.name} may be over: ${why}; paygress status ${pod.name} tells`,
    )
  }
  if (pod.host === '') {
    throw new PaygressError('failed', `the provider has not said where ${pod.name} is`, {
      hint: `paygress status ${pod.name}`,
    })
  }
  const { npub, name: words, alias, host, port, user, onion, hostKey, keyPath, password } = pod
  return { podNpub: npub, name: words, alias, host, port, user, onion, hostKey, keyPath, password }
}

/** Why a login has failed, where both clocks say that the paid time of the pod was over; undefined where they do not. */
export function endedByClocks(
  client: Pick<Client, 'orders' | 'clock'>,
  name: string,
): PaygressError | undefined {
  const pod = findPod(client.orders, name)
  return placeOfPodEnd(client, pod) === 'over' ? ended(pod, 'its paid time is over') : undefined
}

function ended(pod: Pod, why: string): PaygressError {
  return new PaygressError('pod_ended', `${pod.name} cannot be entered: ${why}`, {
    hint: `paygress buy --spec ${pod.specId} --for 1h rents a new one`,
    details: { pod_npub: pod.npub, state: pod.state },
  })
}
