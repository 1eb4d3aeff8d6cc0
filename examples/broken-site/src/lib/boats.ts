export interface Boat {
  name: string;
  seats: number;
  pricePerHour: number;
  berth?: string;
}

export const boats: Boat[] = [
  { name: 'Heron', seats: 4, pricePerHour: 18, berth: 'A1' },
  { name: 'Coot', seats: 2, pricePerHour: 12, berth: 'A2' },
  { name: 'Old Pike', seats: '6', pricePerHour: 24 },
];

export const reserve: Boat = { name: 'Moorhen', seats: 2, pricePerHour: 12, berth: undefined };

export function names(list): string {
  return list.join(', ');
}
