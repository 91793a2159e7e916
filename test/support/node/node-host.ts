// At which address do the machines of this test's node answer?

/**
 * Every test process has a loopback address of its own, made from its id: clusters side by side have the same node ports, and no
 * test meets another's machine. Only Linux answers on all of 127.0.0.0/8 unasked.
 */
export const NODE_HOST =
  process.platform === 'linux'
    ? `127.${1 + (process.pid >> 16)}.${(process.pid >> 8) & 255}.${process.pid & 255}`
    : '127.0.0.1'
