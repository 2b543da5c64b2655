import type { Standing } from "../../shared/store";
import type { Actor } from "../../shared/wire";
import NewBelow from "./below";
import Place from "./place";
import Writing from "./writing";

interface BetweenProps {
  standing: Standing;
  /** new messages out of sight */
  n: number;
  show: () => void;
  name: (from: Actor) => string;
}

/** What stands between the messages and the composer. */
export default function Between({ standing, n, show, name }: BetweenProps) {
  return (
    <>
      <NewBelow n={n} show={show} />
      <Writing name={name} />
      <Place standing={standing} />
    </>
  );
}
