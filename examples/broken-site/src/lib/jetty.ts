export default class Jetty {
  readonly name = 'Lantern Jetty';
  depth: number;

  describe(): string {
    return `${this.name}, ${this.depth ?? 'some'} m deep`;
  }
}
