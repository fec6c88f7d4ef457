// Invented places a simulated customer can stand at; degrees north and east.
export interface Place {
  label: string
  about: string
  x: number
  y: number
}

export const PLACES: readonly Place[] = [
  { label: '青禾镇农贸市场', about: '青禾镇人民路 18 号', x: 29.8642, y: 107.0851 },
  { label: '石桥村村委会', about: '柳溪乡石桥村', x: 29.7915, y: 107.1506 },
  { label: '云岭县汽车站', about: '云岭县迎宾大道 2 号', x: 29.8207, y: 107.0312 },
  { label: '麦田中学', about: '麦田镇学府街', x: 29.9034, y: 107.2148 },
  { label: '清水河码头', about: '清水河下游', x: 29.7488, y: 106.9907 },
]
