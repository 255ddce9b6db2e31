import { listBootFolders, readBootMark } from '../journal/boot-files.ts'
import type { UsageEvent } from '@atpar/core/usage-event'
import { openBootTail, type BootTail, type Shipment } from './boot-tail.ts'

interface ShippedBoot {
  readonly bootId: string
  readonly proxyId: string
}

/** Where shipments go. All of it is idempotent: after a crash everything uncommitted is sent again. */
export interface Sink {
  /** The number up to which Postgres already has this boot; 0 for an unknown one. */
  readAckedSeq(bootId: string): Promise<number>
  /** One transaction: events, roll-ups and the boot's progress. Rows that Postgres refuses go to quarantine there. */
  commit(boot: ShippedBoot, shipment: Shipment): Promise<{ readonly inserted: number; readonly quarantined: number }>
  /** Everything this boot ever wrote is committed. */
  concludeBoot(boot: ShippedBoot, lastSeq: number): Promise<void>
  /** Tells the other witness that these are safe. May fail: the worker's sweep cleans up behind it. */
  acknowledge(events: readonly UsageEvent[]): Promise<void>
}

export interface ShipperOptions {
  readonly journalDirectory: string
  readonly sink: Sink
  readonly batchSize: number
  readonly removeFolder: (folder: string) => void
  readonly log: (event: string, fields: Record<string, unknown>) => void
}

interface ShipperStatus {
  readonly boots: number
  readonly unreadBytes: number
  readonly openAttempts: number
  readonly shippedEvents: number
  readonly lastError: string | null
}

export interface Shipper {
  /** Ships one batch per boot. True when there may be more at once. @throws what the sink throws; nothing is lost by it. */
  pass(): Promise<boolean>
  status(): ShipperStatus
  /** Waits for acknowledgements under way and closes the files. */
  close(): Promise<void>
}

const MAX_PENDING_ACKS = 50

export const createShipper = (options: ShipperOptions): Shipper => {
  const tails = new Map<string, BootTail>()
  /** A shipment that Postgres has not taken yet: it is sent again as it is, before anything else of its boot is read. */
  const unsent = new Map<string, Shipment>()
  let shippedEvents = 0
  let lastError: string | null = null
  let pendingAcks = 0
  let acks: Promise<void> = Promise.resolve()

  const findBoots = async (): Promise<void> => {
    for (const folder of listBootFolders(options.journalDirectory)) {
      if (tails.has(folder)) continue
      const mark = readBootMark(folder)
      if (mark === null) continue
      const ackedSeq = await options.sink.readAckedSeq(mark.bootId)
      tails.set(folder, openBootTail({ folder, mark, ackedSeq }))
      options.log('boot-found', { bootId: mark.bootId, proxyId: mark.proxyId, ackedSeq })
    }
  }

  const acknowledge = (events: readonly UsageEvent[]): void => {
    if (events.length === 0 || pendingAcks >= MAX_PENDING_ACKS) return
    pendingAcks += 1
    acks = acks
      .then(() => options.sink.acknowledge(events))
      .catch((error: unknown) => options.log('ack-skipped', { error: String(error), events: events.length }))
      .finally(() => {
        pendingAcks -= 1
      })
  }

  const shipOne = async (tail: BootTail): Promise<boolean> => {
    const shipment = unsent.get(tail.folder) ?? tail.take(options.batchSize)
    if (shipment !== null) {
      unsent.set(tail.folder, shipment)
      const { inserted, quarantined } = await options.sink.commit(tail.mark, shipment)
      unsent.delete(tail.folder)
      tail.committed()
      shippedEvents += inserted
      if (quarantined > 0 || shipment.damaged.length > 0) {
        options.log('records-quarantined', {
          bootId: tail.mark.bootId,
          refused: quarantined,
          damaged: shipment.damaged.length,
        })
      }
      acknowledge(shipment.events)
    }
    if (!tail.isFinished()) return shipment !== null && shipment.events.length >= options.batchSize
    await options.sink.concludeBoot(tail.mark, shipment?.lastSeq ?? 0)
    tail.close()
    tails.delete(tail.folder)
    options.removeFolder(tail.folder)
    options.log('boot-concluded', { bootId: tail.mark.bootId, proxyId: tail.mark.proxyId })
    return false
  }

  return {
    pass: async () => {
      try {
        await findBoots()
        let hasMore = false
        for (const tail of tails.values()) hasMore = (await shipOne(tail)) || hasMore
        lastError = null
        return hasMore
      } catch (error) {
        lastError = error instanceof Error ? error.message : String(error)
        throw error
      }
    },
    status: () => {
      const all = [...tails.values()]
      return {
        boots: all.length,
        unreadBytes: all.reduce((sum, tail) => sum + tail.unreadBytes(), 0),
        openAttempts: all.reduce((sum, tail) => sum + tail.openAttempts(), 0),
        shippedEvents,
        lastError,
      }
    },
    close: async () => {
      await acks
      for (const tail of tails.values()) tail.close()
    },
  }
}
