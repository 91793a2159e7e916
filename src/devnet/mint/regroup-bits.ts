// How do bytes become the five-bit words of bech32, and back?

/** Regroups bits, most significant first; a rest is padded with zeros (`pad`) or dropped. */
export function regroupBits(values: Iterable<number>, from: number, to: number, pad: boolean): number[] {
  const groups: number[] = []
  let held = 0
  let bits = 0
  for (const value of values) {
    held = ((held << from) | value) & 0xfff
    bits += from
    while (bits >= to) {
      bits -= to
      groups.push((held >> bits) & ((1 << to) - 1))
    }
  }
  if (pad && bits > 0) groups.push((held << (to - bits)) & ((1 << to) - 1))
  return groups
}
