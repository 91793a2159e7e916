// One of several processes that use a new profile at once: prints the payment key and a fresh refund key.
import { openTestWallet } from './test-wallet.ts'

const home = process.argv[2]
if (home === undefined) throw new Error('no home')
const { wallet, close } = openTestWallet({ home })
const keys = { payment: wallet.paymentKey().pubkey, refund: wallet.newRefundKey().pubkey }
process.stdout.write(JSON.stringify(keys))
await close()
