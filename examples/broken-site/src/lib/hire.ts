import type { Deposit } from './boats';
import { boats } from './boats';

export interface Hire {
  boat: string;
  hours: number;
}

export const deposit: Deposit = { amount: 50 };

export function price(hire: Hire): number {
  const boat = boats.find(({ name }) => name === hire.boat);
  return boat.pricePerHour * hire.hours;
}

export function summary({ boat, hours }): string {
  return `${boat} for ${hours} h`;
}

export function receipt(hire: Hire): ReceiptText {
  return `${hire.boat}, ${hire.hours} h, by ${hire.skipper ?? 'yourself'}`;
}

export const opening: { from: () => string; to: () => string } = {
  from: () => '09:00',
  to: () => 20,
};
