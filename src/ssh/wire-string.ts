// How does SSH write a string? Four bytes of length, then the bytes (RFC 4251, section 5).

/** Length-prefixed bytes. */
export function sshString(value: string | Uint8Array): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.from(value)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** The length-prefixed bytes at `offset` and where the next ones begin; undefined where the buffer is too short. */
export function readSshString(buffer: Buffer, offset: number): { value: Buffer; next: number } | undefined {
  if (offset + 4 > buffer.length) return undefined
  const next = offset + 4 + buffer.readUInt32BE(offset)
  if (next > buffer.length) return undefined
  return { value: buffer.subarray(offset + 4, next), next }
}
