export const describeDays = (days: number): string => (days === 0 ? 'Not kept' : `Kept for ${days} days`)
