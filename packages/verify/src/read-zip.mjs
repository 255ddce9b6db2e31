import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { createInflateRaw } from 'node:zlib'

const END = 0x06054b50
const ENTRY = 0x02014b50
/** The end record and the longest comment there may be behind it. */
const TAIL = 22 + 65_535

/**
 * @typedef {{ name: string, method: number, packed: number, at: number }} Entry
 */

/**
 * The files of a zip archive by their last names. Only what an evidence bundle uses: stored or deflated, below 4 GB.
 * @param {string} path
 * @returns {Promise<{ names: readonly string[], read: (name: string) => Promise<Readable>, close: () => Promise<void> }>}
 */
export async function openZip(path) {
  const file = await open(path)
  const { size } = await file.stat()
  const tail = Buffer.alloc(Math.min(size, TAIL))
  await file.read(tail, 0, tail.length, size - tail.length)
  const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]))
  if (end === -1 || tail.readUInt32LE(end) !== END) throw new SyntaxError(`${path} is no zip file`)
  const directory = Buffer.alloc(tail.readUInt32LE(end + 12))
  await file.read(directory, 0, directory.length, tail.readUInt32LE(end + 16))
  const entries = readDirectory(directory)
  return {
    names: [...entries.keys()],
    read: async (name) => {
      const entry = entries.get(name)
      if (entry === undefined) throw new SyntaxError(`${path} has no ${name}`)
      const header = Buffer.alloc(30)
      await file.read(header, 0, 30, entry.at)
      const start = entry.at + 30 + header.readUInt16LE(26) + header.readUInt16LE(28)
      if (entry.packed === 0) return Readable.from([])
      const packed = file.createReadStream({ start, end: start + entry.packed - 1, autoClose: false })
      if (entry.method === 0) return packed
      const inflate = createInflateRaw()
      packed.once('error', (error) => inflate.destroy(error))
      return packed.pipe(inflate)
    },
    close: () => file.close(),
  }
}

/**
 * @param {Buffer} directory
 * @returns {Map<string, Entry>}
 */
function readDirectory(directory) {
  /** @type {Map<string, Entry>} */
  const entries = new Map()
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === ENTRY;) {
    const nameLength = directory.readUInt16LE(at + 28)
    const name = directory.toString('utf8', at + 46, at + 46 + nameLength)
    entries.set(name.replace(/^.*\//, ''), {
      name,
      method: directory.readUInt16LE(at + 10),
      packed: directory.readUInt32LE(at + 20),
      at: directory.readUInt32LE(at + 42),
    })
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32)
  }
  return entries
}
