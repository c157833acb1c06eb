import { doorContract } from './gateway-door.ts';
import { houseFor, type MakeGateway } from './gateway-house.ts';
import { modelSideContract } from './gateway-model-side.ts';
import { outsideContract } from './gateway-outside.ts';

/** What every gateway promises (src/gateway/gateway.ts). `make` builds one in front of the given model server. */
export function gatewayContract(name: string, make: MakeGateway): void {
  const house = houseFor(make);
  modelSideContract(name, house);
  outsideContract(name, house);
  doorContract(name, house);
}
