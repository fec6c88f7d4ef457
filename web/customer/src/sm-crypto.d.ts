// The package's types name only its root, which brings SM3 and SM4 along; the PIN page needs SM2 alone.
declare module 'sm-crypto/src/sm2/index.js' {
  import { sm2 } from 'sm-crypto'
  const only: typeof sm2
  export default only
}
