/** How long prompts and answers can be kept, in days; 0 = not at all, which is what counts where nothing is set. */
export const RETENTION_DAYS = [0, 7, 30] as const
export type RetentionDays = (typeof RETENTION_DAYS)[number]

/** Whether a number is one of them. */
export const isRetentionDays = (days: number): days is RetentionDays => RETENTION_DAYS.some((known) => known === days)
