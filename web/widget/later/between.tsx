import type { Standing } from "../../shared/store";
import NewBelow from "./below";
import Place from "./place";
import Writing from "./writing";

interface BetweenProps {
  standing: Standing;
  /** new messages out of sight */
  n: number;
  show: () => void;
}

/** What stands between the messages and the composer. */
export default function Between({ standing, n, show }: BetweenProps) {
  return (
    <>
      <NewBelow n={n} show={show} />
      <Writing />
      <Place standing={standing} />
    </>
  );
}
