// Deletes tags with the client that openapi-generator makes for Java. Arguments: the server, then a token and a tag for
// each call. Writes what came of each call, one JSON a line.
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.ImageTagsApi;
import org.openapitools.client.model.Error;

public class Driver {
  public static void main(String[] args) throws Exception {
    for (int at = 1; at < args.length; at += 2) {
      String token = args[at];
      ApiClient client = new ApiClient().setRequestInterceptor(request -> request.header("X-Auth-Token", token));
      client.updateBaseUri(args[0]);
      ObjectNode result = client.getObjectMapper().createObjectNode();
      try {
        result.put("status", new ImageTagsApi(client).deleteRepoTagWithHttpInfo("group", "team$app", args[at + 1]).getStatusCode());
      } catch (ApiException error) {
        Error body = client.getObjectMapper().readValue(error.getResponseBody(), Error.class);
        result.put("exception", error.getClass().getSimpleName()).put("status", error.getCode());
        result.put("code", body.getErrorCode()).put("message", body.getErrorMsg()).put("requestId", body.getRequestId());
      }
      System.out.println(result);
    }
  }
}
