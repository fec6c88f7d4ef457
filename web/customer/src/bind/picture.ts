/** A picture somebody chose, small enough to send and in a format the bank takes, as base64. */

import { Problem } from '@weiyin/shared/api'

/** Sent as it is up to this size: half of what the bank takes leaves room for base64. */
export const AS_IS_MAX_BYTES = 400 * 1024
/** Longer side after shrinking: a card's digits are some 40 px high then. */
const SIDE_MAX_PX = 1600
const QUALITY = 0.85

const NOT_A_PICTURE = { code: 'photo.type', words: '这不是照片，请直接拍照，或手动输入' }

/** `bare`: drawn anew in any case, so that what a camera writes into its files (where, when, by what) does not come along. */
export async function pictureOf(file: Blob, bare = false): Promise<string> {
  const fits = !bare && ['image/jpeg', 'image/png'].includes(file.type) && file.size <= AS_IS_MAX_BYTES
  return base64(fits ? file : await shrink(file))
}

async function shrink(file: Blob): Promise<Blob> {
  try {
    const image = await createImageBitmap(file)
    const by = Math.min(1, SIDE_MAX_PX / Math.max(image.width, image.height))
    const canvas = document.createElement('canvas')
    canvas.width = Math.max(1, Math.round(image.width * by))
    canvas.height = Math.max(1, Math.round(image.height * by))
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
    image.close()
    const small = await new Promise<Blob | null>((done) => { canvas.toBlob(done, 'image/jpeg', QUALITY) })
    if (small) return small
  } catch {
    // Not something this browser can show.
  }
  throw new Problem(0, NOT_A_PICTURE)
}

function base64(blob: Blob): Promise<string> {
  return new Promise((done, failed) => {
    const reader = new FileReader()
    reader.onload = () => { done(String(reader.result).replace(/^[^,]*,/, '')) }
    reader.onerror = () => { failed(new Problem(0, NOT_A_PICTURE)) }
    reader.readAsDataURL(blob)
  })
}
