"""Names for runs that nobody named: an adjective and an animal, as users of the vendor's server know them."""

import random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ADJECTIVES = _words(
    "amber ample astute balmy blithe bold brave breezy bright brisk calm candid cheery chilly civil "
    "clever cosmic courtly crisp curious dapper daring deft dewy discreet dusky eager early earnest elder "
    "fabled fair fearless fleet fluent fond frank fresh frosty gallant genial gentle gilded glad golden "
    "graceful grand hardy hasty hazel hidden honest humble idle ivory jolly keen kind lanky lavish limber "
    "lively lofty loyal lucid lunar mellow merry mighty mild misty modest nimble noble north opal patient "
    "placid plucky polite prompt proud quaint quick quiet rapid ready rosy ruby rustic sandy serene shy "
    "silent silver sleek slender snug solar spry stately steady stoic subtle sunny supple sure tacit tidy "
    "timely tranquil trusty tufted upbeat urbane vast velvet vivid wandering warm wary whimsical willing "
    "wise witty woolly zesty"
)

ANIMALS = _words(
    "adder albatross alpaca anchovy ant anteater antelope auk avocet axolotl badger bandicoot barbel "
    "barnacle bat bear beetle bison bittern boar bobcat bonobo buffalo bunting bustard buzzard camel "
    "capybara caracal caribou carp chamois cheetah chinchilla chough cicada clam cobra cod condor coot "
    "cormorant cougar coyote crab crane cricket crow cuckoo curlew deer dingo dipper dolphin dormouse "
    "dove dragonfly duck dunlin eagle earwig eel egret eider eland elk ermine falcon ferret finch firefly "
    "flamingo fox frog gannet gazelle gecko gerbil gibbon giraffe gnu goat goldfinch goose goshawk grebe "
    "grouse gull haddock hake halibut hamster hare harrier hawk hedgehog heron herring hoopoe hornet "
    "horse hyena ibex ibis iguana impala jackal jackdaw jaguar jay jellyfish kestrel kingfisher kite kiwi "
    "koala krill ladybird lapwing lark lemming lemur leopard limpet linnet lion lizard llama lobster "
    "locust loon lynx macaw mackerel magpie mallard mammoth manatee marlin marmot marten meerkat merlin "
    "minnow mole mongoose moose moth mouse mule mussel narwhal newt nightjar ocelot octopus okapi orca "
    "oriole osprey ostrich otter owl oyster panda panther parrot partridge peacock pelican penguin perch "
    "petrel pheasant pigeon pike piranha plover polecat porcupine puffin puma python quail quokka rabbit "
    "raccoon ram raven reindeer rhino robin rook salmon sandpiper sardine scorpion seahorse seal serval "
    "shark sheep shrew shrike shrimp skink skua skylark sloth snail snipe sparrow spider squid squirrel "
    "stag starling stingray stoat stork sturgeon swallow swan swift tapir tern terrapin thrush tiger toad "
    "tortoise toucan trout tuna turbot turtle viper vole vulture wagtail wallaby walrus warbler wasp "
    "weasel weaver whale whelk wigeon wolf wombat woodcock woodpecker wren yak zebra"
)


def run_name() -> str:
    """A random name such as ``curious-otter``. Tens of thousands differ: it names a run without telling it apart."""
    return f"{random.choice(ADJECTIVES)}-{random.choice(ANIMALS)}"  # noqa: S311 - a name, not a secret
