// What is accepted but does something else than it says? One sentence each, for the log.
import type { ParsedEnvironment } from './config-environment.ts'

/** The notices of a configuration. */
export function noticesOf(
  given: Readonly<Record<string, string | undefined>>,
  parsed: ParsedEnvironment,
): string[] {
  const notices: string[] = []
  if (parsed.ENABLE_CLEANUP_TASK)
    notices.push('ENABLE_CLEANUP_TASK is accepted and does nothing: machines end by their own deadlines')
  if (given.DEFAULT_POD_DURATION_MINUTES !== undefined)
    notices.push(
      'DEFAULT_POD_DURATION_MINUTES is accepted and does nothing: the payment decides how long a pod runs',
    )
  if (parsed.BACKEND === 'process' && parsed.SSH_HOST !== undefined)
    notices.push('SSH_HOST does nothing here: process pods listen on loopback only')
  if (parsed.TOR_IMAGE !== undefined && !parsed.ENABLE_TOR_SIDECAR)
    notices.push('TOR_IMAGE does nothing without ENABLE_TOR_SIDECAR=true')
  for (const name of ['ADMIN_TOKEN', 'SSH_PORT'])
    if (given[name] !== undefined) notices.push(`${name} is accepted and does nothing in this version`)
  return notices
}
